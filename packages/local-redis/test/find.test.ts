import { afterEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRedisServer } from '../src/find.ts';
import { isOlder, parseVersion } from '../src/version.ts';
import { cleanUp, env, temporaryFolder } from './support.ts';

afterEach(cleanUp);

/** A folder for PATH with executables that only say a version, or fail. */
function binaries(content: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(content)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

async function find(...path: string[]) {
  const progress: string[] = [];
  const dataDir = temporaryFolder();
  const found = await findRedisServer({
    dataDir,
    env: { ...env, PATH: path.join(':') },
    onProgress: (line) => progress.push(line),
  });
  return { found, progress };
}

describe('a server on PATH', () => {
  const valkey = 'echo "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"';
  const redis = 'echo "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"';

  it('is taken, Valkey first, and said nothing about', async () => {
    const first = binaries({ 'redis-server': redis });
    const second = binaries({ 'valkey-server': valkey });
    const { found, progress } = await find(first, second);
    expect(found).toMatchObject({
      path: join(second, 'valkey-server'),
      version: '8.1.1',
      origin: 'path',
    });
    expect(progress).toEqual([]);
  });

  it('is passed over with the reason when it is broken, too old, silent or a folder', async () => {
    const broken = binaries({ 'valkey-server': 'echo cannot open shared object >&2; exit 127' });
    const old = binaries({ 'redis-server': 'echo "Redis server v=5.0.14 sha=0:0"' });
    const silent = binaries({ 'redis-server': 'true' });
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'redis-server'));
    const good = binaries({ 'redis-server': redis });
    const { found, progress } = await find(broken, old, silent, folder, good);
    expect(found.path).toBe(join(good, 'redis-server'));
    expect(progress).toEqual([
      expect.stringContaining('cannot open shared object'),
      expect.stringContaining('5.0.14 is older than 6.2.0'),
      expect.stringContaining('names no version'),
    ]);
  });

  it('gets nothing of our environment but what it needs', async () => {
    const folder = binaries({ 'redis-server': redis });
    symlinkSync('/bin/sh', join(folder, 'sh'));
    const { found } = await find(folder);
    expect(Object.keys(found.env).toSorted()).toEqual(['LD_LIBRARY_PATH', 'PATH']);
  });
});

describe('versions', () => {
  it('are read from what servers print', () => {
    expect(parseVersion('Redis server v=7.0.15 sha=00000000:0')).toBe('7.0.15');
    expect(parseVersion('Valkey server v=8.1.1 sha=00000000:0')).toBe('8.1.1');
    expect(parseVersion('usage: …')).toBeUndefined();
  });

  it('are compared as numbers', () => {
    expect(isOlder('6.0.16', '6.2.0')).toBe(true);
    expect(isOlder('6.2.0', '6.2.0')).toBe(false);
    expect(isOlder('10.0.0', '6.2.0')).toBe(false);
    expect(isOlder('5.9.9', '6.2.0')).toBe(true);
  });
});
