import type { EventId, Work } from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { EndedTurn, TakenJob } from '../bullmq/turns.ts';
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

  /** @returns `undefined` where BullMQ itself has to take the job */
  async take(queue: string, token: string): Promise<TakenJob | undefined> {
    const { keys, args } = this.call();
    const nextRun = newRunId();
    const call = { keys, args: { ...args, nextRun, queue, token, lockMs: LOCK_MS, now: this.#parts.now() } };
    const [kind, ...taken] = await this.#parts.partition.run('take-job', call);
    return kind === 'other' ? undefined : this.taken(token, nextRun, taken).taken;
  }

  /** @param reply the job that was taken, and the run that was begun; neither where nothing was */
  taken(token: string, nextRun: RunId, [job, begun]: readonly unknown[]): EndedTurn {
    if (!Array.isArray(job)) return { taken: undefined };
    const [id, handler, tries, ...stored] = begun as readonly Buffer[];
    if (id === undefined) return { taken: job };
    const event = String(id) as EventId;
    const name = String(handler);
    this.#runs.set(token, {
      jobId: String(job[1]),
      event,
      handler: name,
      run: { id: nextRun, key: this.#parts.partition.keys.event(event), suffix: `/${name}` },
      tries: Number(tries),
      stored,
    });
    return { taken: job };
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
  plan(
    { source, provider, type }: Work & { readonly kind: 'event' },
    handler: string,
    revision: string,
  ): void {
    // As it stands in the job's data behind the event's id.
    this.#tell(JSON.stringify({ source, provider, type }).slice(1), `${revision} ${handler}`);
  }

  /** This process runs deliveries to this handler. */
  know(handler: string): void {
    this.#tell(`~${handler}`, '');
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
