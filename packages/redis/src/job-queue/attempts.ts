import {
  backoff,
  isPoison,
  NonRetryableError,
  overridePolicy,
  retryPolicy,
  settle,
  type RetryPolicy,
  type Settlement,
} from '@hookline/core';
import { Abort, AttemptAbortedError, type AbortCause } from '../run/abort.ts';
import { asJson, runAttempt } from '../run/attempt.ts';
import { putOff, runTurn, type Ending, type PutOff } from '../bullmq/ending.ts';
import type { Lease } from '../bullmq/lease.ts';
import { asParent } from './chain.ts';
import type { JobContext } from './context.ts';
import type { SafeEmitter } from './emitter.ts';
import { storable } from './failure.ts';
import { workOf, type BullJob } from '../bullmq/job-data.ts';
import { snapshot, type AnyJobs, type QueuedJob } from './job.ts';
import type { Settings } from './options.ts';

/** A handler without its types. */
export type AnyHandler = (job: QueuedJob, ctx: JobContext) => unknown;

export interface AttemptParts {
  readonly queue: string;
  readonly settings: () => Settings;
  readonly handlers: ReadonlyMap<string, AnyHandler>;
  readonly emitter: SafeEmitter;
  readonly enqueue: JobContext<AnyJobs>['enqueue'];
}

/** The way of jobs through this process, one attempt each. */
export interface Attempts {
  /** One turn of a job, as BullMQ calls it. */
  process(job: BullJob, token: string): Promise<unknown>;
  /** What the user's code threw, for the error that BullMQ was given instead. */
  causeOf(told: Error): Error;
  /** Tells all running attempts to stop. */
  abort(cause: AbortCause, message: string): void;
  /**
   * A job's lock ran out: its attempt is told to stop if another process has begun the job since.
   * @param started how often the store says it was begun; `undefined` when the job is gone
   */
  lockLost(jobId: string, started: number | undefined): void;
  /** The store knows what became of a job. */
  stored(jobId: string): void;
  /** The ids of the jobs that run. */
  readonly running: readonly string[];
}

/** One try of a job in this process. */
interface Run {
  /** Which job and which try it is, should its id be used again. */
  readonly created: number;
  readonly made: number;
  /** How often the job was begun, by the store's count, when a turn last took part. */
  started: number;
  readonly begun: number;
  readonly ending: Promise<Ending>;
}

/** What could not be told to the store is taken over by somebody within a minute. */
const UNSTORED_MS = 600_000;
const MOST_UNSTORED = 1_000;

function isSameTry({ created, made }: Run, job: BullJob, lease: Lease): boolean {
  return created === job.timestamp && made === lease.made;
}

/** A job that no process here knows is put back at these distances. */
const PUT_BACK: RetryPolicy = retryPolicy({ backoff: { delay: '1s', max: '5s', jitter: 0 } });

export function createAttempts(parts: AttemptParts): Attempts {
  return new QueueAttempts(parts);
}

class QueueAttempts implements Attempts {
  readonly #parts: AttemptParts;
  readonly #aborts = new Map<string, Abort>();
  readonly #runs = new Map<string, Run>();
  /** What the user's code threw, by what is stored in its place. */
  readonly #thrown = new WeakMap<Error, Error>();

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  get running(): readonly string[] {
    return [...this.#aborts.keys()];
  }

  process(job: BullJob, token: string): Promise<unknown> {
    return runTurn(job, token, {
      run: (lease) => this.#join(job, lease),
      putOff: (lease, fault) => this.#putOff(lease, fault),
    });
  }

  causeOf(told: Error): Error {
    return (told.cause instanceof Error ? this.#thrown.get(told.cause) : undefined) ?? told;
  }

  abort(cause: AbortCause, message: string): void {
    for (const abort of this.#aborts.values()) abort.abort(new AttemptAbortedError(cause, message));
  }

  lockLost(jobId: string, started: number | undefined): void {
    const run = this.#runs.get(jobId);
    if (run === undefined || started === run.started) return;
    const lost = new AttemptAbortedError('lock-lost', 'another worker has taken this job over');
    this.#aborts.get(jobId)?.abort(lost);
  }

  stored(jobId: string): void {
    this.#runs.delete(jobId);
  }

  /**
   * A process that was held up (by its own code, a debugger, a sleeping laptop) may be given a job again that it runs
   * still, or has run without being able to say so: its lock had run out. It takes part in that run, so the job begins
   * once, and nobody is said to have died.
   */
  async #join(job: BullJob, lease: Lease): Promise<Ending> {
    const before = this.#runs.get(lease.jobId);
    if (before !== undefined && isSameTry(before, job, lease)) {
      before.started = lease.started;
      return before.ending;
    }
    const ending = this.#run(job, lease);
    const run = {
      made: lease.made,
      created: job.timestamp,
      started: lease.started,
      begun: Date.now(),
      ending,
    };
    this.#remember(lease.jobId, run);
    const { kind } = await ending;
    if (kind !== 'completed' && kind !== 'retried' && kind !== 'failed') this.#forget(lease.jobId, run);
    return ending;
  }

  #remember(jobId: string, run: Run): void {
    this.#runs.delete(jobId);
    this.#runs.set(jobId, run);
    for (const [oldest, { begun }] of this.#runs) {
      if (this.#aborts.has(oldest) || (this.#runs.size <= MOST_UNSTORED && Date.now() - begun < UNSTORED_MS))
        break;
      if (oldest !== jobId) this.#runs.delete(oldest);
    }
  }

  #forget(jobId: string, run: Run): void {
    if (this.#runs.get(jobId) === run) this.#runs.delete(jobId);
  }

  async #run(job: BullJob, lease: Lease): Promise<Ending> {
    const handler = this.#parts.handlers.get(lease.name);
    if (handler === undefined) return this.#putBack(lease);
    const deaths = lease.stalled - (workOf(job).forgiven ?? 0);
    if (isPoison(deaths))
      return this.#failed(new Error(`${deaths} workers died or stopped answering while they ran this`));
    return this.#attempt(job, lease, handler);
  }

  async #attempt(job: BullJob, lease: Lease, handler: AnyHandler): Promise<Ending> {
    const { queue, settings, emitter, enqueue } = this.#parts;
    const { options } = workOf(job);
    const policy = overridePolicy(settings().retry, {
      ...(options?.attempts === undefined ? {} : { attempts: options.attempts }),
      ...(options?.backoff === undefined ? {} : { backoff: options.backoff }),
    });
    const abort = new Abort();
    const active = snapshot(job, 'active', policy.attempts);
    const ctx: JobContext = {
      attempt: active.attempt,
      maxAttempts: policy.attempts,
      get signal() {
        return abort.signal;
      },
      progress: (value) => lease.report(value),
      enqueue,
    };
    this.#aborts.set(lease.jobId, abort);
    emitter.emit('active', active);
    let succeeded = () => {};
    const run = () => {
      const child = asParent(queue, lease.jobId, () => handler(active, ctx));
      succeeded = child.end;
      return child.result;
    };
    try {
      const outcome = asJson(await runAttempt(run, abort, options?.timeout ?? settings().timeout));
      if (abort.wasBy('lock-lost')) return { kind: 'lock-lost' };
      return this.#end(settle(outcome, lease.made + 1, policy, Math.random()), succeeded);
    } finally {
      this.#aborts.delete(lease.jobId);
    }
  }

  #end(settlement: Settlement, succeeded: () => void): Ending {
    switch (settlement.kind) {
      case 'complete':
        succeeded();
        return { kind: 'completed', result: settlement.result };
      case 'retry':
        return { kind: 'retried', error: this.#stored(settlement.error), delay: settlement.delay };
      case 'bury':
        return this.#failed(settlement.error);
      case 'release':
        return { kind: 'released' };
      case 'await':
        throw new Error('jobs of a JobQueue are not finished from outside');
      case 'supersede':
        throw new Error('jobs of a JobQueue have no subject');
    }
  }

  #failed(thrown: unknown): Ending {
    return { kind: 'failed', error: this.#stored(thrown) };
  }

  /** What is stored of an error; what it stands for is remembered. */
  #stored(thrown: unknown): Error {
    const stored = storable(thrown);
    this.#thrown.set(stored, thrown instanceof Error ? thrown : stored);
    return stored;
  }

  #putOff(lease: Lease, fault: unknown): PutOff {
    this.#parts.emitter.emit('error', fault instanceof Error ? fault : new Error(String(fault)));
    return putOff(lease, this.#stored(fault), Date.now(), Math.random());
  }

  /** Another process may know the name: it is passed on without costing an attempt, for as long as is set. */
  #putBack({ name, made, started }: Lease): Ending {
    const { handlers, settings } = this.#parts;
    const turns = Math.max(0, started - made - 1);
    const limit = settings().waitForHandler;
    let waited = 0;
    for (let turn = 1; turn <= turns && waited < limit; turn += 1) waited += backoff(PUT_BACK, turn, 0);
    if (waited >= limit) {
      const known = [...handlers.keys()].map((each) => `'${each}'`).join(', ');
      return this.#failed(
        new NonRetryableError(`no process has a handler for jobs named '${name}': this one knows ${known}`),
      );
    }
    const delay = Math.min(backoff(PUT_BACK, turns + 1, 0), limit - waited);
    const error = new Error(`this process has no handler for jobs named '${name}'`);
    return { kind: 'put-off', error, delay, until: Date.now() + delay };
  }
}
