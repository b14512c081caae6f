import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isFinal, retryPolicy, settle, type JobFrame, type Outcome, type Settlement } from '@hookline/core';
import fc from 'fast-check';
import { createKeys } from '../../src/client/keys.ts';
import { createLedger } from '../../src/run/redis-ledger.ts';
import type { LeaseRef } from '../../src/bullmq/lease.ts';
import type { Run } from '../../src/run/run-id.ts';
import type { WorkRef } from '../../src/run/work-ref.ts';
import { createJobStore } from '../../src/jobs/store.ts';
import { readFrames } from '../../src/jobs/stream.ts';
import { newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeAll(() => {
  bench = openBench();
});
afterAll(() => bench.close());

const TIMEOUT = 1_000;
const POLICY = retryPolicy({ attempts: 3, backoff: { delay: 10, jitter: 0 } });

const steps = fc.array(
  fc.constantFrom('take', 'sent', 'failed', 'die', 'wake', 'finish', 'finish-elsewhere', 'cancel', 'time'),
  { minLength: 5, maxLength: 30 },
);

/**
 * One job in the hands of workers that this test plays: each holds BullMQ's lock, may die with it, and may wake up
 * later believing that it still has it. Redis, its scripts and the job store are the real ones.
 */
interface Held {
  readonly lease: LeaseRef;
  readonly run: Run;
  readonly startedAt: number;
}

class Play {
  readonly wanted = newJob('partner', { n: 1 });
  readonly keys = createKeys(bench.prefix);
  readonly winners: string[] = [];
  readonly seen: string[] = [];
  now = 1_000_000;
  queuedId = '';
  made = 0;
  stalled = 0;
  holders = 0;
  /** Who holds the job and runs it; then those who lost it and do not know. */
  running: Held | undefined;
  asleep: Held[] = [];
  /** The run that was begun last. */
  newest: Run | undefined;
  ended = false;
  readonly ref: WorkRef & { kind: 'job' } = {
    kind: 'job',
    workId: this.wanted.id,
    job: 'partner',
    work: {
      kind: 'job',
      id: this.wanted.id,
      data: this.wanted.data,
    },
  };
  readonly stores = [0, 1].map(() =>
    createJobStore({ partition: bench.partition, retention: 1e9, now: () => this.now }),
  );
  readonly ledger = createLedger({
    partition: bench.partition,
    process: 'this',
    parsePayload: () => null,
    now: () => this.now,
    retention: 1e9,
    jobRetention: 1e9,
  });

  async step(name: string): Promise<void> {
    switch (name) {
      case 'take':
        return this.take();
      case 'sent':
        return this.end({ kind: 'succeeded', result: null });
      case 'failed':
        return this.end({ kind: 'failed', error: new Error('not sent') });
      case 'die':
        if (this.running === undefined) return;
        this.asleep.push(this.running);
        await bench.redis.del(this.lock());
        this.running = undefined;
        this.stalled += 1;
        return;
      case 'wake': {
        const stale = this.asleep.pop();
        if (stale === undefined) return;
        // Nobody has begun it since, so it goes on.
        if (stale.run.id === this.newest?.id && this.running === undefined) this.running = stale;
        else expect(await this.settleAs(stale, { kind: 'await' })).not.toBe('settled');
        return;
      }
      case 'finish':
      case 'finish-elsewhere': {
        const answer = await this.stores[name === 'finish' ? 0 : 1]?.finish(this.wanted.id, name);
        if (answer?.kind === 'finished') this.winners.push(name);
        return;
      }
      case 'cancel': {
        const answer = await this.stores[0]?.cancel(this.wanted.id);
        if (answer?.kind === 'cancelled') this.winners.push(name);
        return;
      }
      case 'time':
        this.now += TIMEOUT / 2;
    }
  }

  lock(): string {
    return this.keys.bullLock('default', this.queuedId);
  }

  async take(): Promise<void> {
    if (this.running !== undefined || this.ended) return;
    const token = `worker-${(this.holders += 1)}`;
    const lease = {
      queue: 'default',
      jobId: this.queuedId,
      token,
      made: this.made,
      stalled: this.stalled,
    };
    await bench.redis.set(this.lock(), token);
    const opened = await this.ledger.openJob(this.ref, lease, { attempts: 3, external: true });
    switch (opened.kind) {
      case 'open':
        // What is over is not sent out again.
        expect(this.winners).toEqual([]);
        this.newest = opened.run;
        this.running = { lease, run: opened.run, startedAt: this.now };
        return;
      case 'awaiting':
        return void (await bench.redis.del(this.lock()));
      case 'overdue': {
        const error = new Error('nobody finished it');
        this.newest = opened.run;
        const held = { lease, run: opened.run, startedAt: this.now };
        if ((await this.settleAs(held, { kind: 'bury', reason: 'never-finished', error })) === 'settled')
          this.winners.push('timeout');
        this.ended = true;
        return;
      }
      case 'succeeded':
      case 'dead':
        this.ended = true;
        return;
      default:
        throw new Error(`opened as ${opened.kind}`);
    }
  }

  async end(outcome: Outcome): Promise<void> {
    const held = this.running;
    if (held === undefined) return;
    this.running = undefined;
    const settlement = settle(outcome, held.lease.made + 1, POLICY, 0, 'external');
    const settled = await this.settleAs(held, settlement, held.startedAt + TIMEOUT);
    await bench.redis.del(this.lock());
    if (settled !== 'settled') this.ended = true;
    else if (settlement.kind === 'retry') this.made += 1;
    else if (settlement.kind === 'bury') {
      this.winners.push('gave up');
      this.ended = true;
    }
  }

  async settleAs({ lease, run }: Held, settlement: Settlement, until = 0): Promise<string> {
    const record = { attempt: lease.made + 1, startedAt: this.now, endedAt: this.now, log: [] };
    return (await this.ledger.settle(this.ref, lease, run, settlement, record, until)).kind;
  }

  async look(): Promise<void> {
    const status = (await this.stores[0]?.get(this.wanted.id))?.status ?? 'none';
    if (this.seen.at(-1) !== status) this.seen.push(status);
  }
}

const isEnd = ({ type }: JobFrame) => type === 'completed' || type === 'failed';

describe('finishing from outside', () => {
  it('ends in exactly one final state, never two, never none, in whatever order things happen', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (names) => {
        const play = new Play();
        await play.stores[0]?.create([play.wanted]);
        play.queuedId = (await bench.redis.hget(play.keys.job(play.wanted.id), 'queuedId')) ?? '';
        await play.look();
        for (const name of names) {
          await play.step(name);
          await play.look();
        }
        // Whatever was left open: its worker comes back or dies, another takes it, its time runs out.
        for (let round = 0; round < 8 && !play.ended; round += 1)
          for (const name of ['die', 'take', 'sent', 'time', 'time', 'time', 'look']) await play.step(name);
        for (const _ of play.asleep) await play.step('wake');
        await play.look();

        expect(play.ended).toBe(true);
        expect(play.winners).toHaveLength(1);
        expect(play.seen.filter((status) => isFinal(status as 'failed'))).toHaveLength(1);
        const final = await play.stores[0]?.get(play.wanted.id);
        const [winner] = play.winners;
        expect(final?.status).toBe(winner?.startsWith('finish') ? 'succeeded' : 'failed');
        if (final?.status === 'succeeded') expect(final.result).toBe(winner);
        const frames = await readFrames(bench.partition, play.wanted.id);
        expect(frames.filter(isEnd)).toHaveLength(1);
        expect(isEnd(frames.at(-1) as JobFrame)).toBe(true);
      }),
      {
        numRuns: 300,
        examples: [
          // A run that was taken over woke up after the finish, and its old counters brought the job back to life.
          [['take', 'die', 'take', 'failed', 'finish', 'wake', 'take']],
          [['take', 'die', 'take', 'failed', 'cancel', 'wake', 'take']],
        ],
      },
    );
  });
});
