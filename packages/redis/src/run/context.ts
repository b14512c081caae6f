import type { EnqueueOptions, Logger, Registry, RunContext } from '@hookline/core';
import { chainedIdOf, NonRetryableError } from '@hookline/core';
import { AttemptAbortedError, type Abort } from './abort.ts';
import { newQueuedId, recordFields } from '../jobs/record.ts';
import type { Tracked } from './ledger.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import { Effects } from './effects.ts';
import type { Run } from './run-id.ts';
import type { Hold } from './running-attempts.ts';
import type { Partition } from '../client/partition.ts';

export interface ContextParts {
  readonly partition: Partition;
  readonly registry: Registry;
  readonly now: () => number;
  /** Milliseconds that the effects of finished work are remembered. */
  readonly retention: number;
}

/** More in one step is no progress, but a result. */
const STEP_LIMIT = 64 * 1024;

export interface AttemptIdentity {
  readonly hold: Hold;
  readonly run: Run;
  /** The work across retries and replays: one event and handler, or one job. */
  readonly workId: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly abort: Abort;
  readonly log: Logger;
  readonly tracked: Tracked | undefined;
  readonly external: boolean;
}

/** What user code is given for one attempt. */
export function createRunContext(parts: ContextParts, identity: AttemptIdentity): RunContext {
  const { partition, registry, retention } = parts;
  const { hold, run, workId, attempt, maxAttempts, abort, log, tracked, external } = identity;

  function takenOver(): AttemptAbortedError {
    const error = new AttemptAbortedError(
      'lock-lost',
      abort.reason !== undefined
        ? 'this attempt is over; what it still does is not kept'
        : 'another worker has taken this job over; what this one does is not kept',
    );
    abort.abort(error);
    return error;
  }

  const effects = new Effects({ partition, hold, run, workId, retention, takenOver });
  let enqueued = 0;
  return {
    jobId: tracked === undefined ? hold.lease.jobId : workId,
    attempt,
    maxAttempts,
    get signal() {
      return abort.signal;
    },
    log,
    idempotencyKey: workId,
    get finishUrl() {
      return finishUrlOf(workId, external ? tracked : undefined);
    },
    async progress(value) {
      if ((await addStep(parts, identity, value)) === 'lost') throw takenOver();
      await retryWhileLoading(() => hold.lease.report(value));
    },
    once: (key, fn) => effects.once(key, fn),
    async enqueue(target, data, options = {}) {
      const name = typeof target === 'string' ? target : target.name;
      const queue = queueOf(registry, name);
      const position = enqueued++;
      const id = chainedIdOf(workId, name, position);
      const chained = { id, name, queue, data, position };
      if ((await enqueueOnce(parts, identity, chained, options)) === 'lost') throw takenOver();
      return id;
    },
  };
}

/** Adds a step to the stream of a tracked job; of others nobody asks. */
async function addStep(
  { partition, now }: ContextParts,
  { hold, run, workId }: AttemptIdentity,
  value: unknown,
): Promise<'added' | 'untracked' | 'lost' | 'over'> {
  const data = JSON.stringify(value) ?? 'null';
  if (Buffer.byteLength(data) > STEP_LIMIT)
    throw new RangeError(`ctx.progress: more than ${STEP_LIMIT} bytes of JSON; return large results instead`);
  const { keys } = partition;
  const { queue, jobId, token } = hold.lease;
  return retryWhileLoading(() =>
    partition.run('add-step', {
      keys: { work: run.key, lock: keys.bullLock(queue, jobId), job: keys.job(workId) },
      args: { suffix: run.suffix, run: run.id, token, id: workId, now: now(), data },
    }),
  );
}

function queueOf({ jobs }: Registry, name: string): string {
  const definition = jobs.get(name);
  if (definition !== undefined) return definition.queue;
  const known = [...jobs.keys()].join(', ') || 'none';
  throw new NonRetryableError(`ctx.enqueue: no job is named '${name}' (known jobs: ${known})`);
}

/** A job that this work asks for: its place among them tells it from others when the work runs again. */
interface Chained {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly data: unknown;
  readonly position: number;
}

async function enqueueOnce(
  { partition, now, retention }: ContextParts,
  { hold: { lease }, run, workId }: AttemptIdentity,
  { id, name, queue, data, position }: Chained,
  options: EnqueueOptions,
): Promise<'added' | 'known' | 'lost'> {
  const queuedId = newQueuedId(id);
  const priority = options.priority ?? lease.priority;
  const time = now();
  const chained = partition.add({
    queue,
    jobId: queuedId,
    name,
    work: { kind: 'job', id, data },
    timestamp: time,
    ...(options.delay === undefined ? {} : { delay: options.delay }),
    ...(priority === undefined || priority === 0 ? {} : { priority }),
  });
  const { keys } = partition;
  return retryWhileLoading(() =>
    partition.run('enqueue-once', {
      keys: {
        work: run.key,
        lock: keys.bullLock(lease.queue, lease.jobId),
        effects: keys.effects(workId),
      },
      args: {
        suffix: run.suffix,
        run: run.id,
        token: lease.token,
        place: `enqueue/${position}/${name}`,
        id,
        name,
        queue,
        now: time,
        retention,
      },
      lists: { fields: recordFields({ ...options, data, priority, queue, queuedId }, time) },
      add: { chained },
    }),
  );
}

function finishUrlOf(workId: string, tracked: Tracked | undefined): string {
  if (tracked === undefined)
    throw new Error(
      "ctx.finishUrl: this work ends with its run; set completion: 'external' in its job's definition",
    );
  if (tracked.publicUrl === undefined)
    throw new Error(
      'ctx.finishUrl: no receiver has said where it is reached; set PUBLIC_URL on the receivers',
    );
  return `${tracked.publicUrl}/finish/${encodeURIComponent(workId)}?token=${tracked.token}`;
}
