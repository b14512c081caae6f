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
      eventOf('bytes', { body: Buffer.from([0, 255, 128, 10]), priority: 3, bodyTrusted: false }),
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

  it('is private to its owner, and open in one process only', async () => {
    const folder = join(temporaryFolder(), 'spool', '0');
    const spool = await openTestSpool(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await expect(openTestSpool(folder)).rejects.toThrow('locked');
    await spool.close();
  });
});

describe('kill -9 of a process that spools', () => {
  it('leaves everything it was told is kept', async () => {
    const folder = temporaryFolder();
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./append-for-ever.mjs', import.meta.url)), folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const kept: string[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      kept.push(line);
      if (kept.length === 300) child.kill('SIGKILL');
    });
    await Promise.all([once(child, 'close'), once(lines, 'close')]);
    const spool = await openTestSpool(folder);
    const found = await idsIn(spool);
    expect(kept.length).toBeGreaterThanOrEqual(300);
    expect(found).toEqual(found.toSorted((a, b) => Number(a) - Number(b)));
    expect(new Set(found).size).toBe(found.length);
    expect(kept.filter((id) => !found.includes(id))).toEqual([]);
    await spool.close();
  });
});
