import { describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOfCommits, tearWal } from '../../src/injectors/wal-damage.ts';

describe('a torn write-ahead log', () => {
  it('ends behind the last transaction, and costs none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wal-'));
    const file = join(folder, 'live.db');
    const live = new Database(file);
    live.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x)');
    const insert = live.prepare('INSERT INTO t VALUES (hex(randomblob(5000)))');
    for (let n = 0; n < 10; n += 1) insert.run();
    // The log begins anew in the same file, with the rest of the earlier one behind it.
    live.exec('PRAGMA wal_checkpoint(RESTART)');
    for (let n = 0; n < 2; n += 1) insert.run();

    const copy = join(folder, 'copy.db');
    for (const end of ['', '-wal']) copyFileSync(file + end, copy + end);
    const before = readFileSync(`${copy}-wal`);
    expect(endOfCommits(before)).toBeLessThan(before.length);
    tearWal(copy, 100);
    expect(readFileSync(`${copy}-wal`)).toHaveLength(endOfCommits(before) + 24 + 4096 + 100);
    const torn = new Database(copy);
    expect(torn.prepare('SELECT count(*) AS rows FROM t').all()).toEqual([{ rows: 12 }]);
    expect(torn.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    rmSync(folder, { recursive: true });
  });
});
