import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_BRAKE, releasedState } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { Redis } from 'ioredis';
import { Queue } from 'bullmq';
import { brakedHandlers, findEvent } from '../../src/index.ts';
import { letGo, liftBrake, putBrakeOn, readBrake, turnBrake } from '../../src/run/brake/brakes.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await bench.close();
});

const refused = { fingerprint: 'a'.repeat(16), title: 'connect ECONNREFUSED' };
const gateway = { fingerprint: 'b'.repeat(16), title: 'Bad Gateway' };
const put = (failure = refused, by = 'host:1') =>
  putBrakeOn(bench.partition, 'charge', { failure, by, now: 1_000, random: 0 });
const brakeOf = async () => (await brakedHandlers(bench.partitions)).get('charge');
async function read(looks = 100) {
  const found = await readBrake(bench.partition, 'charge', { now: 1_000, random: 0, looks });
  if (found === undefined) throw new Error('the brake is off');
  return found;
}

describe('a brake', () => {
  it('is put on once: whoever comes first says why', async () => {
    expect(await Promise.all([put(), put(gateway, 'host:2')])).toEqual(['braked', 'known']);
    expect(await brakeOf()).toEqual({
      since: 1_000,
      by: 'host:1',
      ...refused,
      phase: 'probing',
      nextProbeAt: 6_000,
      held: 0,
    });
  });

  it('that lets go is on again for what is wrong now', async () => {
    await put();
    const step = { state: releasedState(2_000), lets: 0, revokes: false };
    expect(await turnBrake(bench.partition, 'charge', await read(), step)).toBe(true);
    expect((await brakeOf())?.phase).toBe('releasing');
    expect(await put(gateway, 'host:2')).toBe('again');
    expect(await brakeOf()).toMatchObject({ since: 1_000, by: 'host:1', ...gateway, phase: 'probing' });
  });

  it('takes one step after the other: one that was decided before another is refused', async () => {
    await put();
    const before = await read();
    const step = { state: releasedState(2_000), lets: 0, revokes: false };
    expect(await turnBrake(bench.partition, 'charge', before, step)).toBe(true);
    expect(await turnBrake(bench.partition, 'charge', before, step)).toBe(false);
    expect(await liftBrake(bench.partition, 'charge', before)).toBe(false);
    expect(await brakeOf()).toBeDefined();
    expect(await liftBrake(bench.partition, 'charge', await read())).toBe(true);
    expect(await brakeOf()).toBeUndefined();
    expect(await bench.redis.keys(`${bench.prefix}*`)).toEqual([]);
  });

  it('is read, and can be lifted, though somebody damaged it', async () => {
    await put();
    await bench.redis.hset(bench.partition.keys.brake('charge'), 'state', 'no JSON');
    expect(await brakeOf()).toMatchObject({ phase: 'probing', title: refused.title });
    const { state } = await read();
    expect(await turnBrake(bench.partition, 'charge', await read(), { state, lets: 0, revokes: false })).toBe(
      true,
    );
    expect((await read()).state).toEqual(state);
  });

  it('does not wait for those that it let through and that never run', async () => {
    await put();
    const { keys } = bench.partition;
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await queue.add('charge', {}, { jobId: 'waits', delay: 600_000 });
    await queue.add('charge', {}, { jobId: 'held', delay: 600_000 });
    await queue.add('charge', {}, { jobId: 'ended', delay: 600_000 });
    await bench.redis.hset(keys.bullJob('default', 'ended'), 'finishedOn', 1);
    await bench.redis.sadd(keys.heldFor('charge'), 'default|held');
    const passes = ['waits', 'held', 'ended', 'removed'].map((id) => [`default|${id}`, 1]);
    await bench.redis.hset(keys.brakePasses('charge'), Object.fromEntries(passes));
    expect((await read(0)).facts).toMatchObject({ underWay: 4, other: 0 });
    expect((await read()).facts).toMatchObject({ underWay: 1, other: 3 });
    expect(await bench.redis.hkeys(keys.brakePasses('charge'))).toEqual(['default|waits']);
  });

  it('lets through as many as it is to, of those that are still there', async () => {
    await put();
    const { keys } = bench.partition;
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    for (const jobId of ['a', 'b', 'c']) await queue.add('charge', {}, { jobId, delay: 600_000 });
    const gone = Array.from({ length: 20 }, (_, nth) => `default|gone-${nth}`);
    await bench.redis.sadd(keys.heldFor('charge'), ...gone, 'default|a', 'default|b', 'default|c');
    const step = { state: releasedState(2_000), lets: 2, revokes: false };
    await turnBrake(bench.partition, 'charge', await read(), step);
    expect((await read()).facts).toMatchObject({ underWay: 2 });
    expect(await queue.getDelayedCount()).toBe(1);
    const back = { state: releasedState(3_000), lets: 0, revokes: true };
    await turnBrake(bench.partition, 'charge', await read(), back);
    expect((await read()).facts).toMatchObject({ underWay: 0 });
  });
});

describe('what waits for a brake', () => {
  it('is not let go at once by who resumes a pause: it would only be held anew', async () => {
    await put();
    const { keys } = bench.partition;
    await bench.redis.sadd(keys.heldFor('charge'), 'default|a', 'default|b');
    await letGo(bench.partition, 'charge');
    expect(await bench.redis.scard(keys.heldFor('charge'))).toBe(2);
  });
});

describe('a brake that is lifted', () => {
  it('leaves none that waited for it behind', async () => {
    await put();
    const { keys } = bench.partition;
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    for (const jobId of ['a', 'b']) await queue.add('charge', {}, { jobId, delay: 600_000 });
    await bench.redis.sadd(keys.heldFor('charge'), 'default|a', 'default|b', 'default|gone');
    expect(await liftBrake(bench.partition, 'charge', await read())).toBe(true);
    expect([await queue.getWaitingCount(), await queue.getDelayedCount()]).toEqual([2, 0]);
    expect(await bench.redis.keys(`${bench.prefix}/handlers/*`)).toEqual([]);
  });
});

describe('deliveries that succeed', () => {
  it('ask Redis nothing for a brake', async () => {
    const commands = async (brake: typeof DEFAULT_BRAKE | undefined) => {
      await bench.close();
      bench = openBench();
      const store = await bench.store();
      await bench.work({ handlers: [handler('charge', () => undefined, { brake })], concurrency: 1 });
      const sent: string[] = [];
      const warm = incoming();
      const send = async (events: readonly ReturnType<typeof incoming>[]) => {
        for (const event of events) {
          await store.accept(event);
          await eventually(async () => (await findEvent(bench.partitions, event.id))?.status === 'handled');
        }
      };
      await send([warm]);
      const original = Redis.prototype.sendCommand;
      jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (this: Redis, command, ...rest) {
        const about = command.args.map(String).join(' ');
        if (about.includes('/handlers/')) sent.push(command.name);
        return original.call(this, command, ...rest);
      });
      await send(Array.from({ length: 20 }, () => incoming()));
      jest.restoreAllMocks();
      return sent.filter((name) => name !== 'hkeys');
    };
    expect(await commands(DEFAULT_BRAKE)).toEqual(await commands(undefined));
  });
});
