import { raw2NextJobData, type BackendFactory, type Job, type RedisQueueBackend } from 'bullmq';
import { createRedisBackend } from 'bullmq';

/** What Redis answers to whoever takes a job, as BullMQ has it: the job's fields, its id, and how long to wait without one. */
export type TakenJob = readonly unknown[];

/** The job was ended by the script that settled its work. */
export interface EndedTurn {
  /** What the script took in its place; `undefined` where it took nothing. */
  readonly taken: TakenJob | undefined;
}

/** How a job may be ended by the script that settles its work. */
export interface PlainEnd {
  /** How many ended jobs the queue keeps. */
  readonly kept: number;
  /** Whether the next job is to be taken in the same step. */
  readonly takes: boolean;
}

export interface TurnsParts {
  /** Takes the queue's next job. @returns `undefined` where BullMQ itself has to */
  readonly take: (token: string) => Promise<TakenJob | undefined>;
  /** The queue's own settings ask for more than a plain end and a plain beginning. */
  readonly isLimited: boolean;
}

/**
 * BullMQ ends a job and takes the next one in a call of its own. Here whoever settles a job's work has done both by then,
 * and BullMQ's worker is only given the answer: it asks its backend, which is this one.
 */
export class Turns {
  readonly #parts: TurnsParts;
  /** By the token of the turn. */
  readonly #ended = new Map<string, EndedTurn & { readonly job: Job }>();
  /** Whether the worker takes new jobs. */
  isTaking: () => boolean = () => true;

  constructor(parts: TurnsParts) {
    this.#parts = parts;
  }

  /** @returns `undefined` for a job that only BullMQ can end */
  endOf({ opts, parentKey, deduplicationId }: Job): PlainEnd | undefined {
    const keep = opts.removeOnComplete;
    if (this.#parts.isLimited || parentKey !== undefined || deduplicationId !== undefined) return undefined;
    if (typeof keep !== 'object' || keep.count === undefined || keep.count < 1) return undefined;
    if ('age' in keep || 'limit' in keep) return undefined;
    return { kept: keep.count, takes: this.isTaking() };
  }

  /** Notes that this job needs no end by BullMQ. */
  note(job: Job, token: string, { taken }: EndedTurn): void {
    this.#ended.set(token, { job, taken });
  }

  /** What BullMQ's worker is to be opened with. */
  readonly backend: BackendFactory<RedisQueueBackend> = (name, options, more) => {
    const backend = createRedisBackend(name, options, more);
    const { moveToActive, moveToCompleted } = backend;
    const takeByBullMQ = (token: string, worker?: string) => moveToActive.call(backend, token, worker);
    return Object.assign(backend, {
      moveToActive: async (token: string, worker?: string) => {
        const taken = this.#parts.isLimited ? undefined : await this.#parts.take(token);
        return taken === undefined ? takeByBullMQ(token, worker) : asBullMQ(taken);
      },
      moveToCompleted: async (...call: Parameters<typeof moveToCompleted>) => {
        const [job, , , token, fetchNext] = call;
        const ended = this.#ended.get(token);
        if (ended?.job !== job) return moveToCompleted.apply(backend, call);
        const taken = ended.taken === undefined ? undefined : asBullMQ(ended.taken);
        const result = taken ?? (fetchNext ? await takeByBullMQ(token) : undefined);
        // Not before: what failed is asked for again.
        this.#ended.delete(token);
        return { result, finishedOn: Date.now() };
      },
    });
  };
}

function asBullMQ([fields, ...rest]: TakenJob): unknown[] {
  const texts = Array.isArray(fields) ? fields.map(String) : undefined;
  const [id, ...waits] = rest;
  return raw2NextJobData([texts, String(id), ...waits]) ?? [];
}
