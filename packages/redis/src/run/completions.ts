import { type AttemptSnapshot } from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { PlainEnd } from '../bullmq/taken-job.ts';
import { LOCK_MS } from '../bullmq/worker.ts';
import type { ScriptCalls } from '../client/all-scripts.ts';
import { GroupCommit } from '../client/group-commit.ts';
import type { Partition } from '../client/partition.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import type { Ahead } from './ahead.ts';
import type { Settled } from './ledger.ts';
import { newRunId, type Run, type RunId } from './run-id.ts';
import type { WorkRef } from './work-ref.ts';

export interface CompletionsParts {
  readonly partition: Partition;
  readonly ahead: Ahead;
  readonly now: () => number;
  /** Milliseconds that a finished event is kept. */
  readonly retention: number;
}

/** A delivery whose handler succeeded, in a job that needs no end by BullMQ. */
export interface Completion {
  readonly ref: WorkRef & { readonly kind: 'delivery' };
  readonly lease: LeaseRef;
  readonly run: Run;
  readonly end: PlainEnd;
  readonly told: AttemptSnapshot;
}

type CompletionRow = ScriptCalls['complete-deliveries']['each']['works'][number];

/** A row takes Redis 50 to 100 µs. */
const MOST_ROWS = 32;

/** What succeeds while a call is in flight is settled together in the next: a busy worker's way of saying that it is done. */
export class Completions {
  readonly #parts: CompletionsParts;
  readonly #group: GroupCommit<CompletionRow, readonly unknown[]>;

  constructor(parts: CompletionsParts) {
    this.#parts = parts;
    this.#group = new GroupCommit({
      commit: (rows) => this.#commit(rows),
      sizeOf: ({ told }) => String(told).length,
      most: MOST_ROWS,
    });
  }

  /** @throws whatever the call throws, and an Error where this delivery alone could not be settled */
  async settle({ ref, lease, run, end, told }: Completion): Promise<Settled> {
    const nextRun = newRunId();
    const { queue, jobId, token, made, stalled } = lease;
    const [kind, ...rest] = await this.#group.add({
      id: ref.event,
      handler: ref.handler,
      run: run.id,
      told: JSON.stringify(told),
      token,
      queue,
      jobId,
      made,
      stalled,
      kept: end.kept,
      takes: end.takes ? 1 : '',
      nextRun,
    });
    return this.#settled(ref, token, nextRun, String(kind), rest);
  }

  #settled(
    { workId }: WorkRef,
    token: string,
    nextRun: RunId,
    kind: string,
    [detail, taken]: readonly unknown[],
  ): Settled {
    switch (kind) {
      case 'settled':
        return Number(detail) === 0
          ? { kind }
          : {
              kind,
              ended: {
                taken: taken === undefined ? undefined : this.#parts.ahead.taken(token, nextRun, taken),
              },
            };
      case 'succeeded':
        return { kind, result: null };
      case 'lost':
        return { kind };
      default:
        throw new Error(`${workId} could not be settled: ${String(detail)}`);
    }
  }

  async #commit(rows: readonly CompletionRow[]): Promise<readonly (readonly unknown[])[]> {
    const { partition, ahead, now, retention } = this.#parts;
    const { keys, args } = ahead.call();
    const call = {
      keys,
      args: { ...args, now: now(), retention, lockMs: LOCK_MS },
      each: { works: rows },
    };
    const answers = await retryWhileLoading(() => partition.run('complete-deliveries', call));
    return answers as readonly (readonly unknown[])[];
  }
}
