import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retryPolicy, type Handler } from '@hookline/core';
import { eventually } from '@hookline/rig';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const queues = { shared: { fair: true, concurrency: 2 } };
const fairKeys = () => bench.redis.keys(`${bench.prefix}/fair/*`);

async function acceptAll(subjects: readonly string[]) {
  const store = await bench.store();
  const events = subjects.map((subject) => incoming(subject === '' ? {} : { subject }));
  await Promise.all(events.map((event) => store.accept(event)));
  return events;
}

/** The subjects in the order in which their events began. */
function noting(more: Partial<Handler> = {}, run: Handler['run'] = () => wait(1)) {
  const began: string[] = [];
  const its = handler(
    'books',
    (event, ctx) => {
      began.push(event.subject ?? '');
      return run(event, ctx);
    },
    { queue: 'shared', ...more },
  );
  return { began, handler: its };
}

/** Has everything queued before the first one runs. */
async function runQueued(subjects: readonly string[], seen: ReturnType<typeof noting>) {
  const dispatching = await bench.work({ handlers: [seen.handler], queues, concurrency: 5 });
  await dispatching.stop(1_000);
  const paused = bench.redis;
  await paused.hset(`${bench.prefix}:shared:meta`, 'paused', 1);
  const worker = await bench.work({ handlers: [seen.handler], queues });
  await acceptAll(subjects);
  await eventually(
    async () => (await paused.zcard(`${bench.prefix}:shared:prioritized`)) === subjects.length,
  );
  await paused.hdel(`${bench.prefix}:shared:meta`, 'paused');
  await paused.zadd(`${bench.prefix}:shared:marker`, 0, '0');
  await eventually(() => seen.began.length >= subjects.length, 15_000);
  return worker;
}

describe('a fair queue', () => {
  it('has subjects take turns, however many events one of them has', async () => {
    const seen = noting();
    const flood = Array.from({ length: 300 }, () => 'flood');
    await runQueued([...flood, 'a', 'b', 'a', 'b', 'c'], seen);
    // Three of each of the others' turns at most before the last of them.
    const last = Math.max(...['a', 'b', 'c'].map((subject) => seen.began.lastIndexOf(subject)));
    expect(last).toBeLessThan(12);
    await eventually(async () => (await fairKeys()).length === 0);
  });

  it('gives each of several floods about the same share', async () => {
    const seen = noting();
    const subjects = ['a', 'b', 'c', 'd'].flatMap((subject, nth) =>
      Array.from({ length: 60 * (nth + 1) }, () => subject),
    );
    await runQueued(subjects, seen);
    const share = (subject: string) => seen.began.slice(0, 200).filter((each) => each === subject).length;
    for (const subject of ['a', 'b', 'c', 'd']) {
      expect(share(subject)).toBeGreaterThan(25);
      expect(share(subject)).toBeLessThan(100);
    }
  });

  it('does not let what is tried again go before the others', async () => {
    let fails = 0;
    const seen = noting(
      { retry: retryPolicy({ attempts: 30, backoff: { delay: 1, jitter: 0 } }) },
      async ({ subject }) => {
        await wait(2);
        if (subject === 'broken' && (fails += 1) <= 400) throw new Error('away');
      },
    );
    const broken = Array.from({ length: 40 }, () => 'broken');
    const good = Array.from({ length: 40 }, () => 'good');
    await runQueued([...broken, ...good], seen);
    await eventually(() => seen.began.filter((each) => each === 'good').length === 40, 15_000);
    const until = seen.began.lastIndexOf('good');
    expect(seen.began.slice(0, until).filter((each) => each === 'broken').length).toBeLessThan(90);
    await eventually(() => seen.began.filter((each) => each === 'broken').length >= 440, 20_000);
  });

  it('runs each event once, whatever the subjects, and keeps nothing afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('', 'a', 'b', 'c'), { minLength: 1, maxLength: 60 }),
        async (subjects) => {
          await bench.close();
          bench = openBench();
          const seen = noting();
          await bench.work({ handlers: [seen.handler], queues });
          await acceptAll(subjects);
          await eventually(() => seen.began.length >= subjects.length, 10_000);
          await wait(20);
          expect(seen.began.toSorted()).toEqual(subjects.toSorted());
          expect(await fairKeys()).toEqual([]);
        },
      ),
      { numRuns: 8 },
    );
  });
});
