import type { EventId, Work } from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { TakeJobs } from '../bullmq/consumer.ts';
import { storedWork } from '../bullmq/stored-work.ts';
import type { TakenJob } from '../bullmq/taken-job.ts';
import { LOCK_MS } from '../bullmq/worker.ts';
import type { Partition } from '../client/partition.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import { newRunId, type Run, type RunId } from './run-id.ts';

/** A delivery whose run was begun in the step that took its job. */
export interface AheadRun {
  readonly event: EventId;
  readonly handler: string;
  readonly run: Run;
  readonly tries: number;
  /** What Redis gave of the event: its record and its body. */
  readonly stored: readonly (Buffer | null | undefined)[];
  /** See open-delivery.lua. */
  readonly oldness?: string;
}

export interface AheadParts {
  readonly partition: Partition;
  readonly process: string;
  readonly now: () => number;
}

/** What was planned lies in Redis for so long, should this process die. */
const PLANS_MS = 3_600_000;
/** What was told once and is not known any more, is told again; not more often than this. */
const TELL_AGAIN_MS = 1_000;

/** Work that is begun as its job is taken: a busy worker needs no call of its own to begin it. */
export class Ahead {
  readonly #parts: AheadParts;
  /** By the token of the turn that took it: a turn has one job at a time. */
  readonly #runs = new Map<string, AheadRun & { readonly jobId: string }>();
  /** When which plan was last told. */
  readonly #told = new Map<string, { readonly plan: string; readonly at: number }>();

  constructor(parts: AheadParts) {
    this.#parts = parts;
  }

  /** What a script needs that takes the next job. */
  call() {
    const { keys } = this.#parts.partition;
    return {
      keys: { plans: keys.plans(this.#parts.process), revision: keys.revision },
      args: { process: this.#parts.process },
    };
  }

  readonly take: TakeJobs = async (queue, tokens) => {
    const { keys, args } = this.call();
    const turns = tokens.map((token) => ({ token, nextRun: newRunId() }));
    const [kind, until, jobs] = await this.#parts.partition.run('take-jobs', {
      keys,
      args: { ...args, queue, lockMs: LOCK_MS, now: this.#parts.now() },
      each: { turns },
    });
    return {
      kind,
      until: Number(until),
      jobs: (jobs as readonly unknown[]).map((job, nth) => {
        const { token = '', nextRun } = turns[nth] ?? {};
        return { token, job: this.taken(token, nextRun as RunId, job) };
      }),
    };
  };

  /** @param reply the job that was taken, and the run that was begun for it */
  taken(token: string, nextRun: RunId, reply: unknown): TakenJob {
    const [jobId, told, begun] = reply as [Buffer, TakenJob['told'], Buffer[]];
    const job = { id: String(jobId), told };
    const [id, handler, tries, record, body, oldness] = begun;
    if (id === undefined) return job;
    const event = String(id) as EventId;
    const name = String(handler);
    this.#runs.set(token, {
      jobId: job.id,
      event,
      handler: name,
      run: { id: nextRun, key: this.#parts.partition.keys.event(event), suffix: `/${name}` },
      tries: Number(tries),
      stored: [record, body],
      oldness: String(oldness ?? ''),
    });
    return job;
  }

  of({ token, jobId }: LeaseRef): AheadRun | undefined {
    const ahead = this.#runs.get(token);
    return ahead?.jobId === jobId ? ahead : undefined;
  }

  /** Hands it to whoever goes on with it. */
  claim(lease: LeaseRef): AheadRun | undefined {
    const ahead = this.of(lease);
    if (ahead !== undefined) this.#runs.delete(lease.token);
    return ahead;
  }

  /** Events of this kind are for this handler, in place, while the fleet is at this revision. */
  plan(work: Work & { readonly kind: 'event' }, handler: string, revision: string): void {
    const { event, type } = work;
    this.#tell(`${type} ${JSON.stringify(storedWork(work, event, type))}`, `${revision} ${handler}`);
  }

  /** This process runs deliveries to this handler. */
  know(handler: string, rule: string): void {
    this.#tell(`~${handler}`, rule);
  }

  #tell(kind: string, plan: string): void {
    const told = this.#told.get(kind);
    const now = performance.now();
    if (told?.plan === plan && now - told.at < TELL_AGAIN_MS) return;
    this.#told.set(kind, { plan, at: now });
    const { connection, keys } = this.#parts.partition;
    const key = keys.plans(this.#parts.process);
    // Without it, work is begun in a call of its own.
    retryWhileLoading(async () => {
      await connection.hset(key, kind, plan);
      await connection.pexpire(key, PLANS_MS);
    }).catch(() => undefined);
  }
}
