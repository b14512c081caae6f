import { describe, expect, it, jest } from '@jest/globals';
import { ClassicLevel } from 'classic-level';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { countingCounters, eventOf, idsIn, openTestSpool, temporaryFolder } from './support.ts';

const range = (count: number) => Array.from({ length: count }, (_, index) => String(index));

describe('a spool', () => {
  it('gives back exactly what it was given, in order, also after it was opened again', async () => {
    const folder = temporaryFolder();
    const spool = await openTestSpool(folder);
    const events = [
      eventOf('bytes', {
        body: Buffer.from([0, 255, 128, 10]),
        priority: 3,
        subject: 'cus_1',
        bodyTrusted: false,
      }),
      eventOf('empty', { body: Buffer.alloc(0), headers: {} }),
      ...range(25).map((id) => eventOf(id)),
    ];
    for (const event of events.slice(0, 20)) await spool.append(event);
    await spool.close();
    const again = await openTestSpool(folder);
    expect([again.size, again.oldest]).toEqual([20, 1_000]);
    await Promise.all(events.slice(20).map((event) => again.append(event)));
    expect((await again.first(100)).map(({ event }) => event)).toEqual(events);
    expect(await idsIn(again, 2)).toEqual(['bytes', 'empty']);
    await again.close();
  });

  it('never gives removed entries again, and keeps the others', async () => {
    const folder = temporaryFolder();
    const spool = await openTestSpool(folder);
    for (const id of range(5)) await spool.append(eventOf(id));
    await spool.remove(await spool.first(3));
    expect([spool.size, await idsIn(spool)]).toEqual([2, ['3', '4']]);
    await spool.append(eventOf('5'));
    await spool.close();
    const again = await openTestSpool(folder);
    expect(await idsIn(again)).toEqual(['3', '4', '5']);
    await again.remove(await again.first(9));
    expect([again.size, again.bytes, again.oldest]).toEqual([0, 0, undefined]);
    await again.close();
  });

  it('counts an event from the call of append, and writes many in few synced batches', async () => {
    const batch = jest.spyOn(ClassicLevel.prototype, 'batch');
    try {
      const spool = await openTestSpool(temporaryFolder());
      const kept = range(200).map((id) => spool.append(eventOf(id)));
      expect(spool.size).toBe(200);
      expect(new Set(await Promise.all(kept))).toEqual(new Set(['spooled']));
      expect(batch.mock.calls.length).toBeLessThan(10);
      for (const call of batch.mock.calls) expect(call.at(1)).toEqual({ sync: true });
      expect(await idsIn(spool)).toEqual(range(200));
      await spool.close();
    } finally {
      batch.mockRestore();
    }
  });

  it('keeps one copy of an event, whether the first is written or being written', async () => {
    const spool = await openTestSpool(temporaryFolder());
    await Promise.all([eventOf('a'), eventOf('b'), eventOf('a')].map((event) => spool.append(event)));
    expect(await spool.append(eventOf('b'))).toBe('spooled');
    expect([spool.size, await idsIn(spool)]).toEqual([2, ['a', 'b']]);
    await spool.remove(await spool.first(2));
    await spool.append(eventOf('a'));
    expect([spool.size, await idsIn(spool)]).toEqual([1, ['a']]);
    await spool.close();
  });

  it('is full at its limit, says so, and takes events again when there is room', async () => {
    const spool = await openTestSpool(temporaryFolder(), { limit: 3_000 });
    const body = Buffer.alloc(1_000);
    const results = await Promise.all(range(3).map((id) => spool.append(eventOf(id, { body }))));
    expect(results).toEqual(['spooled', 'spooled', 'full']);
    expect(spool.bytes).toBeLessThan(3_000);
    await spool.remove(await spool.first(1));
    expect(await spool.append(eventOf('3', { body }))).toBe('spooled');
    await spool.close();
  });

  it('gives no more than 1 MiB at once, and a large one alone', async () => {
    const spool = await openTestSpool(temporaryFolder(), { limit: 2 ** 30 });
    const mebibytes = [0.1, 0.2, 20, 1, 0.2, 0.2, 0.2, 0.2, 0.2, 3];
    for (const [id, size] of mebibytes.entries())
      await spool.append(eventOf(String(id), { body: Buffer.alloc(size * 2 ** 20) }));
    const batches: string[][] = [];
    while (spool.size > 0) {
      const entries = await spool.first(100);
      batches.push(entries.map(({ event }) => event.providerId));
      await spool.remove(entries);
    }
    expect(batches).toEqual([['0', '1'], ['2'], ['3'], ['4', '5', '6', '7'], ['8'], ['9']]);
    await spool.close();
  });

  it('puts aside what it cannot read, keeps it, and goes on with the others', async () => {
    const folder = temporaryFolder();
    const spool = await openTestSpool(folder);
    for (const id of range(3)) await spool.append(eventOf(id));
    const [first] = await spool.first(1);
    await spool.close();
    const database = new ClassicLevel<string, Buffer>(folder, { valueEncoding: 'buffer' });
    await database.put(first?.key ?? '', Buffer.from('not an entry'));
    await database.close();

    const counters = countingCounters();
    const again = await openTestSpool(folder, { counters });
    expect(await idsIn(again)).toEqual(['1', '2']);
    expect([again.size, counters.counts.damaged]).toEqual([2, 1]);
    await again.remove(await again.first(9));
    await again.append(eventOf('0'));
    expect(await idsIn(again)).toEqual(['0']);
    await again.close();
    await database.open();
    const aside = await database.iterator({ gt: 'x', lt: 'y' }).all();
    expect(aside.map(([, value]) => value.toString())).toEqual(['not an entry']);
    await database.close();
  });

  it('rejects when the disk refuses, and takes events again when it does not', async () => {
    const spool = await openTestSpool(temporaryFolder());
    await spool.append(eventOf('a'));
    const batch = jest.spyOn(ClassicLevel.prototype, 'batch');
    batch.mockImplementation(() => Promise.reject(new Error('No space left on device')) as never);
    await expect(spool.append(eventOf('b'))).rejects.toThrow('No space left');
    expect([spool.size, await idsIn(spool)]).toEqual([1, ['a']]);
    batch.mockRestore();
    expect(await spool.append(eventOf('b'))).toBe('spooled');
    await spool.check();
    expect([spool.size, await idsIn(spool)]).toEqual([2, ['a', 'b']]);
    await spool.close();
  });

  it('gives drained entries no second time, though the disk takes no deletion', async () => {
    const spool = await openTestSpool(temporaryFolder());
    for (const id of range(3)) await spool.append(eventOf(id));
    const batch = jest.spyOn(ClassicLevel.prototype, 'batch');
    batch.mockImplementation(() => Promise.reject(new Error('No space left on device')) as never);
    await spool.remove(await spool.first(2));
    batch.mockRestore();
    expect([spool.size, await idsIn(spool)]).toEqual([1, ['2']]);
    await spool.close();
  });

  it('is private to its owner, and open in one process only', async () => {
    const folder = join(temporaryFolder(), 'spool', '0');
    const spool = await openTestSpool(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await expect(openTestSpool(folder)).rejects.toThrow('locked');
    await spool.close();
  });
});

interface Spooler {
  readonly kept: readonly string[];
  readonly refused: readonly string[];
  readonly ended: Promise<unknown>;
  kill(): void;
}

/** A process that appends to the spool in this folder; `prelude` is the shell's. */
function startSpooler(folder: string, onLine: (spooler: Spooler) => void, prelude = ''): Spooler {
  const script = fileURLToPath(new URL('./append-for-ever.mjs', import.meta.url));
  const child = spawn('sh', ['-c', `${prelude} exec "$0" "$@"`, process.execPath, script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [kept, refused]: [string[], string[]] = [[], []];
  const lines = createInterface({ input: child.stdout });
  const ended = Promise.all([once(child, 'close'), once(lines, 'close')]);
  const spooler = { kept, refused, ended, kill: () => void child.kill('SIGKILL') };
  lines.on('line', (line) => {
    const [what, id = ''] = line.split(' ');
    (what === 'kept' ? kept : refused).push(id);
    onLine(spooler);
  });
  return spooler;
}

async function expectAllThere(folder: string, kept: readonly string[]): Promise<void> {
  const spool = await openTestSpool(folder);
  const found = await idsIn(spool);
  expect(found).toEqual(found.toSorted((a, b) => Number(a) - Number(b)));
  expect(new Set(found).size).toBe(found.length);
  expect(kept.filter((id) => !found.includes(id))).toEqual([]);
  await spool.close();
}

describe('a process that spools', () => {
  it('is killed: everything that it was told is kept is there', async () => {
    const folder = temporaryFolder();
    const { kept, ended } = startSpooler(folder, (spooler) => spooler.kept.length > 300 && spooler.kill());
    await ended;
    expect(kept.length).toBeGreaterThan(300);
    await expectAllThere(folder, kept);
  });

  it('is refused a write by the system: it says so, and takes the next events', async () => {
    const folder = temporaryFolder();
    let before = 0;
    // No file may grow beyond 400 blocks of 512 or 1024 bytes: LevelDB's log meets that, and takes nothing more.
    const { kept, refused, ended } = startSpooler(
      folder,
      (spooler) => {
        if (spooler.refused.length === 0) before = spooler.kept.length;
        else if (spooler.kept.length > before + 100) spooler.kill();
      },
      "trap '' XFSZ; ulimit -f 400;",
    );
    await ended;
    expect([before > 0, refused.length > 0]).toEqual([true, true]);
    await expectAllThere(folder, kept);
  });
});
