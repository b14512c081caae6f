import { NO_METER, createRegistry } from '@hookline/core';
import { eventually, startOwnRedis, type OwnRedis } from '@hookline/rig';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createKeys } from '../../src/client/keys.ts';
import { startRescuer, type Rescuer } from '../../src/maintenance/rescuer.ts';
import { fleetOf, openBench, silent, type Bench } from '../support.ts';

const WAITING = 100_000;
const MOST_PER_SWEEP = 20_000;
/** The most of a list that one command may look through. */
const MOST_AT_ONCE = 10_000;

// So many keys would be in the way of every other test that goes through all of them.
let own: OwnRedis;
beforeAll(async () => {
  own = await startOwnRedis({ appendfsync: 'everysec' });
});
afterAll(() => own.stop());

let bench: Bench;
let sweeper: Rescuer;
beforeEach(() => {
  bench = openBench(own.url);
  sweeper = startRescuer({
    partition: bench.partition,
    log: silent,
    meter: NO_METER,
    fleet: fleetOf(createRegistry({ handlers: [], jobs: [], schedules: [] })),
    unclaimedAfter: 3_600_000,
    retention: 3_600_000,
    jobRetention: 3_600_000,
    now: Date.now,
    interval: 600_000,
    age: -1,
  });
});
afterEach(async () => {
  sweeper.stop();
  await bench.redis.flushdb('ASYNC');
  await bench.close();
});

const idOf = (n: number) => `stripe.evt_${n}`;

/** Nobody works on the queue, so it is woken again and again. */
const requeued = async () =>
  (await sweeper.sweep()).filter(({ kind }) => kind !== 'marker').map(({ id }) => id);

/** Events as they lie when nothing works on them: each is recorded, and its job waits. The oldest is the first. */
async function fill(): Promise<void> {
  const keys = createKeys(bench.prefix);
  const lua = `
    for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
      local id = 'stripe.evt_' .. n
      redis.call('HSET', ARGV[3] .. id, 'source', 'stripe', 'provider', 'stripe', 'type', 'a.b', 'status', 'queued',
        'statusAt', 0, 'receivedAt', n)
      redis.call('ZADD', KEYS[1], n, id)
      redis.call('HSET', ARGV[4] .. id, 'timestamp', 0, 'opts', '{}', 'data', '{}', 'name', 'a.b')
      redis.call('LPUSH', KEYS[2], id)
    end`;
  for (let from = 0; from < WAITING; from += 10_000)
    await bench.redis.eval(
      lua,
      2,
      keys.eventsOfStatus('queued'),
      keys.bullJob('default', 'wait'),
      from,
      from + 9_999,
      keys.event(''),
      keys.bullJob('default', ''),
    );
  await bench.redis.sadd(keys.queues, 'default');
}

/** Every command on a list of this test's, as Redis was given it. */
async function watchLists() {
  const monitor = await new Redis(own.url).monitor();
  const commands: string[][] = [];
  monitor.on('monitor', (_time: string, args: string[]) => {
    if (/^(lpos|lrem|lrange)$/i.test(args[0] ?? '') && args[1]?.startsWith(bench.prefix)) commands.push(args);
  });
  return { commands, close: () => monitor.disconnect() };
}

/** @returns how many entries of a list a command may look through */
function reachOf([name = '', , ...rest]: readonly string[]): number {
  switch (name.toLowerCase()) {
    case 'lpos': {
      const at = rest.findIndex((word) => word.toUpperCase() === 'MAXLEN');
      return at < 0 ? Infinity : Number(rest[at + 1]);
    }
    case 'lrange': {
      const [start, stop] = [Number(rest[0]), Number(rest[1])];
      return Math.sign(start || 1) === Math.sign(stop || 1) ? stop - start + 1 : Infinity;
    }
    default:
      // Whoever removes an entry has found it before.
      return 0;
  }
}

describe('with 100,000 jobs waiting', () => {
  it('no sweep searches the whole list, and what is lost in its middle is found all the same', async () => {
    await fill();
    const wait = createKeys(bench.prefix).bullJob('default', 'wait');
    const lost = [idOf(3), idOf(1_234), idOf(60_000)];
    for (const id of lost) await bench.redis.lrem(wait, -1, id);
    // One whose place is not the one that its age says: it is no loss.
    await bench.redis.lrem(wait, -1, idOf(777));
    await bench.redis.linsert(wait, 'BEFORE', idOf(90_000), idOf(777));

    const watch = await watchLists();
    const repaired: string[] = [];
    try {
      for (let sweep = 0; sweep < 80 && repaired.length < lost.length; sweep += 1) {
        const from = watch.commands.length;
        repaired.push(...(await requeued()));
        const given = watch.commands.slice(from);
        const reaches = given.map(reachOf);
        expect(Math.max(0, ...reaches)).toBeLessThanOrEqual(MOST_AT_ONCE);
        const read = given.filter(([name]) => name?.toLowerCase() === 'lrange').map(reachOf);
        expect(read.reduce((sum, reach) => sum + reach, 0)).toBeLessThan(MOST_PER_SWEEP + 5_000);
      }
      await eventually(() => watch.commands.length > 0);
    } finally {
      watch.close();
    }
    expect(repaired.toSorted()).toEqual(lost.toSorted());
    expect(await bench.redis.llen(wait)).toBe(WAITING);
  }, 120_000);

  it('one that goes from list to list while the sweeper reads is not queued twice', async () => {
    await fill();
    const keys = createKeys(bench.prefix);
    const wait = keys.bullJob('default', 'wait');
    // It is out of its place, so the whole list is read for it; meanwhile it was tried, and waits again at the head.
    await bench.redis.lrem(wait, -1, idOf(5));
    await bench.redis.linsert(wait, 'BEFORE', idOf(90_000), idOf(5));
    await sweeper.sweep();
    await bench.redis.lrem(wait, -1, idOf(5));
    await bench.redis.lpush(wait, idOf(5));
    await bench.redis.hincrby(keys.bullJob('default', idOf(5)), 'ats', 1);
    for (let n = 0; n < 12_000; n += 1_000)
      await bench.redis.lpush(wait, ...Array.from({ length: 1_000 }, (_, each) => `newer-${n + each}`));
    for (let sweep = 0; sweep < 40; sweep += 1) expect(await requeued()).toEqual([]);
  }, 120_000);
});
