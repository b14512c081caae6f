import { describe, expect, it } from '@jest/globals';
import { NO_METER, type Meter } from '@hookline/core';
import { eventually, startOwnRedis } from '@hookline/rig';
import { Admission, StoreFullError } from '../../src/gate/admission.ts';
import { connect, createPartition, openEventStore, openJobs } from '../../src/index.ts';
import { createKeys } from '../../src/client/keys.ts';
import { forgetExpired } from '../../src/events/prune.ts';
import { handler, incoming, newJob, openBench, silent } from '../support.ts';

const memory = (used: number, limit = 1_000) => ({ used, limit, policy: 'noeviction' });

describe('admission', () => {
  it('closes at 75 % of maxmemory and opens below 70 %', () => {
    const admission = new Admission(silent, NO_METER);
    admission.read(memory(740), admission.mark());
    admission.admit(5);
    admission.read(memory(750), admission.mark());
    expect(() => admission.admit(0)).toThrow(StoreFullError);
    admission.read(memory(700), admission.mark());
    expect(() => admission.admit(0)).toThrow(StoreFullError);
    admission.read(memory(699), admission.mark());
    admission.admit(0);
  });

  it('counts what it has let in since the last reading was asked for', () => {
    const admission = new Admission(silent, NO_METER);
    admission.read(memory(0), admission.mark());
    admission.admit(400);
    const mark = admission.mark();
    admission.admit(300);
    expect(() => admission.admit(100)).toThrow(StoreFullError);
    // The reading has the 400 in it, and not the 300.
    admission.read(memory(390), mark);
    admission.admit(50);
    expect(() => admission.admit(50)).toThrow(StoreFullError);
  });

  it('lets everything in without a limit, until Redis itself refuses', () => {
    const admission = new Admission(silent, NO_METER);
    admission.read(memory(1e12, 0), admission.mark());
    admission.admit(1e12);
    expect(admission.refused()).toBeInstanceOf(StoreFullError);
    expect(() => admission.admit(1)).toThrow(StoreFullError);
    admission.read(memory(1, 0), admission.mark());
    admission.admit(1);
  });
});

describe('a Redis that fills up', () => {
  it('is left room in which workers drain all of it, and then takes work again', async () => {
    const redis = await startOwnRedis({ appendfsync: 'no' });
    const target = { kind: 'url', url: redis.url } as const;
    const direct = connect(target, 'worker');
    const bench = openBench(redis.url);
    const read = new Map<string, () => unknown>();
    let refused = 0;
    const meter: Meter = {
      ...NO_METER,
      counter:
        ({ name }) =>
        () =>
          void (refused += name === 'hookline_admission_refused_total' ? 1 : 0),
      gauge: ({ name }, value) => void read.set(name, value),
    };
    const limit = 24 * 2 ** 20;
    await direct.config('SET', 'maxmemory', limit);
    const shared = { layout: [{ target, prefix: bench.prefix }], log: silent } as const;
    const store = await openEventStore({ ...shared, meter });
    const jobs = await openJobs({ ...shared, retention: 1_000 });
    try {
      const kept = new Set<string>();
      const flood = async () => {
        const events = Array.from({ length: 50 }, () => incoming({ body: bodyOf(10_000) }));
        const answers = await Promise.all(events.map((event) => store.accept(event)));
        for (const answer of answers) if (answer.kind === 'accepted') kept.add(answer.id);
        return answers.some(({ kind }) => kind === 'full');
      };
      await eventually(flood, 60_000);
      expect(kept.size).toBeGreaterThan(500);
      expect(refused).toBeGreaterThan(0);
      expect(Number(read.get('hookline_redis_memory_ratio')?.())).toBeGreaterThan(0.6);
      await eventually(async () => (await jobs.service.create([newJob('x', 1)])).kind === 'full');
      // Filled to its limit it would refuse the workers, too.
      const used = /^used_memory:(\d+)/m.exec(await direct.info('memory'))?.[1];
      expect(Number(used)).toBeLessThan(0.85 * limit);

      const handled = new Set<string>();
      await bench.work({
        retention: 1,
        handlers: [handler('drain', async (event) => void handled.add(event.id))],
      });
      await eventually(() => [...kept].every((id) => handled.has(id)), 60_000);
      expect(handled).toEqual(kept);

      // What was handled is kept for the retention time: room comes with the end of that.
      await eventually(async () => {
        await forgetExpired(createPartition(direct, bench.prefix));
        return (await direct.zcard(createKeys(bench.prefix).expiring)) === 0;
      });
      await eventually(async () => (await store.accept(incoming())).kind === 'accepted');
      await eventually(async () => (await jobs.service.create([newJob('x', 1)])).kind === 'created');
    } finally {
      await store.close();
      jobs.close();
      await bench.close();
      direct.disconnect();
      await redis.stop();
    }
  }, 180_000);

  it('answers full when Redis refuses the write itself', async () => {
    const redis = await startOwnRedis({ appendfsync: 'no' });
    const target = { kind: 'url', url: redis.url } as const;
    const direct = connect(target, 'worker');
    const store = await openEventStore({ layout: [{ target, prefix: '{own}' }], log: silent });
    try {
      expect((await store.accept(incoming())).kind).toBe('accepted');
      await direct.config('SET', 'maxmemory', 1);
      expect((await store.accept(incoming())).kind).toBe('full');
      await direct.config('SET', 'maxmemory', 0);
      await eventually(async () => (await store.accept(incoming())).kind === 'accepted');
    } finally {
      await store.close();
      direct.disconnect();
      await redis.stop();
    }
  });
});

function bodyOf(bytes: number): Buffer {
  return Buffer.from(JSON.stringify({ id: 'x', amount: 1, filler: 'x'.repeat(bytes) }));
}
