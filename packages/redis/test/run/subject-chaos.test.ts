import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retryPolicy, type HooklineEvent, type IncomingEvent, type SubjectRule } from '@hookline/core';
import { eventually } from '@hookline/rig';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import { openQuietQueue } from '../../src/bullmq/add-job.ts';
import { findEvent, pauseHandler, resumeHandler } from '../../src/index.ts';
import { moveWork } from '../../src/run/move-work.ts';
import { deliveryRef } from '../../src/run/work-ref.ts';
import { handler, incoming, openBench, payloadOf, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const version = (event: HooklineEvent) => payloadOf(event).amount;
const SUBJECTS = ['a', 'b'];

type Step =
  | { readonly kind: 'event'; readonly subject: string; readonly version: number; readonly priority: number }
  | { readonly kind: 'pause' | 'resume' | 'promote' | 'lose' | 'move' | 'worker' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      subject: fc.constantFrom(...SUBJECTS),
      version: fc.integer({ min: 1, max: 9 }),
      priority: fc.constantFrom(0, 0, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('pause', 'resume', 'promote', 'lose', 'move', 'worker'),
    }) as fc.Arbitrary<Step>,
  },
);

/** What happens to the deliveries of a handler, and to its workers, while events come. */
async function runAll(rule: SubjectRule, steps: readonly Step[], failing: number, fair: boolean) {
  await bench.close();
  bench = openBench();
  const began: string[] = [];
  const now = new Map<string, number>();
  let overlaps = 0;
  let nth = 0;
  const books = handler(
    'books',
    async (event) => {
      const subject = event.subject ?? '';
      began.push(event.id);
      if ((now.get(subject) ?? 0) > 0) overlaps += 1;
      now.set(subject, (now.get(subject) ?? 0) + 1);
      const isFailing = (nth += 1) % failing === 0;
      await wait(nth % 4);
      now.set(subject, (now.get(subject) ?? 0) - 1);
      if (isFailing) throw new Error('again');
    },
    {
      queue: 'own',
      subjectRule: rule,
      ...(rule.kind === 'latest' ? { versionOf: version } : {}),
      retry: retryPolicy({ attempts: 50, backoff: { delay: 10, jitter: 0 } }),
    },
  );
  const options = {
    handlers: [books],
    queues: fair ? { own: { fair }, default: { fair } } : {},
    rescuer: { interval: 60, age: 150 },
  };
  const workers = [await bench.work(options), await bench.work(options)];
  const store = await bench.store();
  const events: IncomingEvent[] = [];
  const { redis, partition, prefix } = bench;
  const { keys } = partition;
  const own = openQuietQueue('own', redis, prefix);
  const waitingNow = async () => {
    const jobs = await own.getJobs(['delayed', 'wait', 'prioritized'], 0, 20);
    return jobs.filter(Boolean);
  };
  for (const each of steps) {
    if (each.kind === 'event') {
      const { subject, priority } = each;
      const body = Buffer.from(JSON.stringify({ amount: each.version, nth: events.length }));
      const event = incoming({ subject, body, ...(priority > 0 ? { priority } : {}) });
      events.push(event);
      expect((await store.accept(event)).kind).toBe('accepted');
    } else if (each.kind === 'pause')
      await pauseHandler(bench.partitions, 'books', { by: 'me', now: Date.now() });
    else if (each.kind === 'resume')
      await resumeHandler(bench.partitions, 'books', { by: 'me', now: Date.now() });
    else if (each.kind === 'promote') {
      for (const job of await own.getDelayed(0, 5)) await job?.promote().catch(() => undefined);
    } else if (each.kind === 'lose') {
      const [job] = await waitingNow();
      if (job !== undefined) await job.remove().catch(() => undefined);
    } else if (each.kind === 'move') {
      const job = (await waitingNow()).at(-1);
      const event = events.find(({ id }) => job?.id?.startsWith(`${id}~`));
      if (job?.id === undefined || event === undefined) continue;
      // Whoever waits for others wakes when they say so, however long it would have waited by itself.
      const isWoken =
        (await redis.hexists(keys.event(event.id), 'waits/books')) === 1 ||
        (await redis.sismember(keys.heldFor('books'), `own|${job.id}`)) === 1;
      await moveWork(partition, {
        ref: deliveryRef(event.id, 'books'),
        queue: 'own',
        jobId: job.id,
        newQueue: 'own',
        timestamp: Date.now(),
        delay: isWoken ? 60_000 : 0,
        priority: job.opts.priority,
        takesRemains: true,
      });
    } else {
      await workers.shift()?.stop(0);
      workers.push(await bench.work(options));
    }
    await wait(3);
  }
  await resumeHandler(bench.partitions, 'books', { by: 'me', now: Date.now() });
  const states = async () =>
    Promise.all(
      events.map(async ({ id }) => (await findEvent(bench.partitions, id))?.deliveries['books'] ?? 'none'),
    );
  await eventually(
    async () => (await states()).every((state) => state === 'succeeded' || state === 'superseded'),
    25_000,
  ).catch(async () => {
    throw new Error(`not ended: ${(await states()).join(' ')}; began ${began.length}`);
  });
  expect(overlaps).toBe(0);
  const left = (await redis.keys(`${prefix}/*`)).filter((key) => /\/(arriving|line|lines)\//.test(key));
  expect(left).toEqual([]);
  return { events, began, states: await states() };
}

describe('whatever is paused, lost, moved, promoted or stopped meanwhile', () => {
  const steps = fc.array(step, { minLength: 10, maxLength: 40 });
  const failing = fc.integer({ min: 2, max: 9 });
  const RUNS = { numRuns: Number(process.env['CHAOS'] ?? 3), endOnFailure: true };

  it('order keeps its order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, failing, fc.boolean(), async (all, each, fair) => {
        const rule: SubjectRule = { kind: 'order', onDead: 'continue' };
        const { events, began } = await runAll(rule, all, each, fair);
        for (const subject of SUBJECTS) {
          const its = events.filter((event) => event.subject === subject).map(({ id }) => id as string);
          const order = began.filter((id) => its.includes(id));
          expect(order.filter((id, at) => id !== order[at - 1])).toEqual(its);
        }
      }),
      RUNS,
    );
  });

  it('latest ends with the newest', async () => {
    await fc.assert(
      fc.asyncProperty(steps, failing, fc.boolean(), async (all, each, fair) => {
        const { events, states } = await runAll({ kind: 'latest' }, all, each, fair);
        for (const subject of SUBJECTS) {
          const versions = events.flatMap((event, at) =>
            event.subject === subject
              ? [
                  {
                    version: (JSON.parse(String(event.body)) as { amount: number }).amount,
                    state: states[at],
                  },
                ]
              : [],
          );
          const newest = Math.max(...versions.map((one) => one.version));
          for (const one of versions) if (one.version === newest) expect(one.state).toBe('succeeded');
        }
      }),
      RUNS,
    );
  });

  it('collapse runs after the last event', async () => {
    await fc.assert(
      fc.asyncProperty(steps, failing, fc.boolean(), async (all, each, fair) => {
        const { events, began } = await runAll({ kind: 'collapse', wait: 15, max: 60 }, all, each, fair);
        for (const subject of SUBJECTS) {
          const its = events.filter((event) => event.subject === subject).map(({ id }) => id as string);
          if (its.length > 0) expect(began.findLast((id) => its.includes(id))).toBe(its.at(-1));
        }
      }),
      RUNS,
    );
  });
});
