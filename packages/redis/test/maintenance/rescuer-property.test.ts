import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRegistry, DEFAULT_QUEUE, NO_METER, retryPolicy, type Handler } from '@hookline/core';
import { Worker, type Job } from 'bullmq';
import { backoffStrategy, runTurn } from '../../src/bullmq/ending.ts';
import { createPartition } from '../../src/bullmq/add-job.ts';
import { findEvent } from '../../src/index.ts';
import { createKeys } from '../../src/client/keys.ts';
import { createLedger } from '../../src/run/redis-ledger.ts';
import { Passing } from '../../src/run/passing.ts';
import { BrakeWatch } from '../../src/run/brake/watch.ts';
import { createProcessor } from '../../src/run/processor.ts';
import { RunningAttempts } from '../../src/run/running-attempts.ts';
import { startRescuer, type Rescuer } from '../../src/maintenance/rescuer.ts';
import { fleetOf, handler, incoming, openBench, silent, type Bench } from '../support.ts';

let bench: Bench;
let sweeper: Rescuer;
let workers: Worker[];
beforeEach(() => {
  bench = openBench();
  workers = [];
});
afterEach(async () => {
  sweeper.stop();
  await Promise.all(workers.map((worker) => worker.close(true)));
  await bench.close();
});

/** A small generator of its own, so that a failing run can be had again by its seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Held {
  readonly job: Job;
  readonly token: string;
}

const QUEUES = [DEFAULT_QUEUE, 'side'];

describe('whatever gets lost between', () => {
  it.each([1, 2, 3, 4])(
    'every handler of every accepted event succeeds once or becomes a dead letter (seed %i)',
    async (seed) => {
      const random = randomOf(seed);
      const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
      const { redis, prefix } = bench;
      const keys = createKeys(prefix);
      const successes = new Map<string, number>();
      const doomed = new Set<string>();
      const attempts = new Map<string, number>();

      const run = (name: string, types: string[], more: Partial<Handler> = {}): Handler =>
        handler(
          name,
          ({ id }) => {
            const work = `${id}~${name}`;
            const attempt = (attempts.get(work) ?? 0) + 1;
            attempts.set(work, attempt);
            const isDoomed = work.charCodeAt(work.indexOf('~') - 1) % 5 === 0;
            if (isDoomed) doomed.add(work);
            if (isDoomed || attempt === 1) throw new Error('not yet');
            successes.set(work, (successes.get(work) ?? 0) + 1);
          },
          { types, retry: retryPolicy({ attempts: 3, backoff: { delay: 1, jitter: 0 } }), ...more },
        );
      const handlers = [
        run('alone', ['one']),
        run('first', ['two']),
        run('second', ['two'], { queue: 'side' }),
      ];
      const handlersOf = { one: ['alone'], two: ['first', 'second'] } as const;
      const registry = createRegistry({ handlers, jobs: [], schedules: [] });
      const partition = createPartition(redis, prefix);
      const fleet = fleetOf(registry);
      const parts = { partition, now: Date.now };
      const passing = { ...parts, fleet, unclaimedAfter: 3_600_000, log: silent, random };
      const processor = createProcessor({
        registry,
        fleet,
        passing: new Passing(passing),
        brakes: new BrakeWatch({ ...parts, random, log: silent, by: 'this' }),
        running: new RunningAttempts(NO_METER),
        ledger: createLedger({
          ...parts,
          process: 'this',
          parsePayload: () => ({}),
          retention: 3_600_000,
          jobRetention: 3_600_000,
        }),
        context: {
          ...parts,
          registry,
          retention: 3_600_000,
        },
        log: () => silent,
        now: Date.now,
        random,
        defaultTimeout: 60_000,
      });
      workers = QUEUES.map(
        (name) =>
          new Worker(name, null, {
            connection: redis,
            prefix,
            autorun: false,
            lockDuration: 2_000,
            settings: { backoffStrategy },
          }),
      );
      sweeper = startRescuer({
        ...parts,
        fleet,
        unclaimedAfter: 3_600_000,
        retention: 3_600_000,
        jobRetention: 3_600_000,
        log: silent,
        meter: NO_METER,
        interval: 600_000,
        age: -1,
        overdue: 0,
      });
      const store = await bench.store();
      const accepted: { id: string; type: 'one' | 'two' }[] = [];
      const held: Held[] = [];
      let tokens = 0;

      const letGo = ({ job }: Held) => redis.del(keys.bullLock(job.queueName, job.id ?? ''));
      const drop = (): Held | undefined => held.splice(Math.floor(random() * held.length), 1)[0];

      async function settle({ job, token }: Held, isEnded: boolean): Promise<void> {
        try {
          const result = await runTurn(job, token, processor);
          if (isEnded) await job.moveToCompleted(result, token, false);
        } catch (error) {
          // Its job may be gone or somebody else's by now: then BullMQ refuses, as it does in a worker.
          if (isEnded) await job.moveToFailed(error as Error, token, false).catch(() => undefined);
        }
      }

      const operations: (() => Promise<unknown>)[] = [
        async function accept() {
          const type = random() < 0.5 ? 'one' : 'two';
          const event = incoming({ type, ...(random() < 0.3 ? { priority: 2 } : {}) });
          expect((await store.accept(event)).kind).toBe('accepted');
          accepted.push({ id: event.id, type });
        },
        async function take() {
          const token = `t${(tokens += 1)}`;
          const job = await pick(workers)?.getNextJob(token, { block: false });
          if (job?.id !== undefined) held.push({ job, token });
        },
        async function settleAndEnd() {
          const one = drop();
          if (one !== undefined) await settle(one, true);
        },
        async function settleAndDie() {
          const one = drop();
          if (one === undefined) return;
          await settle(one, false);
          await letGo(one);
        },
        async function fallAsleep() {
          const one = pick(held);
          if (one !== undefined) await letGo(one);
        },
        async function loseContent() {
          const { id } = pick(accepted) ?? { id: '' };
          const [name, queue] = pick([
            ['', 'default'],
            ['~first', 'default'],
            ['~second', 'side'],
          ]) ?? ['', 'default'];
          await redis.del(keys.bullJob(queue, id + name));
        },
        async function loseJob() {
          const queue = pick(QUEUES) ?? '';
          const list = pick(['wait', 'active']) ?? '';
          const id = pick(await redis.lrange(keys.bullJob(queue, list), 0, -1));
          if (id !== undefined) await redis.lrem(keys.bullJob(queue, list), 0, id);
          const set = keys.bullJob(queue, pick(['delayed', 'prioritized', 'failed']) ?? '');
          const member = pick(await redis.zrange(set, '0', '-1'));
          if (member !== undefined) await redis.zrem(set, member);
        },
        () => sweeper.sweep(),
      ];
      for (let step = 0; step < 300; step += 1) await pick(operations)?.();
      sweeper.stop();
      for (const one of held) await letGo(one);

      await bench.work({ handlers, rescuer: { interval: 100, age: -1, overdue: 0 } });
      const worksOf = ({ id, type }: (typeof accepted)[number]) =>
        handlersOf[type].map((name) => `${id}~${name}`);
      await eventually(async () => {
        const found = await Promise.all(accepted.map(({ id }) => findEvent(bench.partitions, id)));
        return found.every((event) => event?.status === 'handled' || event?.status === 'dead');
      }, 60_000);
      expect(accepted.length).toBeGreaterThan(20);
      const works = accepted.flatMap(worksOf);
      const wanted = works.map((work) => [work, doomed.has(work) ? 0 : 1]);
      expect(works.map((work) => [work, successes.get(work) ?? 0])).toEqual(wanted);
      const letters = await redis.lrange(keys.bullJob('dead-letter', 'wait'), 0, -1);
      expect(letters.toSorted()).toEqual([...doomed].toSorted());
    },
    90_000,
  );
});
