import type { EnqueueOptions, JobDefinition, Logger, Registry, RunContext } from '@hookline/core';
import { chainedIdOf, NonRetryableError } from '@hookline/core';
import { AttemptAbortedError } from './attempt.ts';
import type { Lease } from '../bullmq/lease.ts';
import { newQueuedId, recordFields } from '../jobs/record.ts';
import { ADD_STEP } from '../jobs/job-scripts.ts';
import type { Tracked } from './ledger.ts';
import { BEGIN_EFFECT, ENQUEUE_ONCE, KEEP_EFFECT } from './lifecycle-scripts.ts';
import { patiently } from '../client/retry-while-loading.ts';
import { type Script, type ScriptArg } from '../client/script.ts';
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

/** Well below what is left of a lock at least. A Redis that is always slower than that is believed in the end. */
const FRESH_MS = 2_000;
const BEGIN_ROUNDS = 4;

export interface AttemptIdentity {
  readonly lease: Lease;
  /** The work across retries and replays: one event and handler, or one job. */
  readonly workId: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly controller: AbortController;
  readonly log: Logger;
  readonly tracked: Tracked | undefined;
  readonly external: boolean;
}

/** What user code is given for one attempt. */
export function createRunContext(parts: ContextParts, identity: AttemptIdentity): RunContext {
  const { partition, registry, now, retention } = parts;
  const { lease, workId, attempt, maxAttempts, controller, log, tracked, external } = identity;
  const effects = partition.keys.effects(workId);
  const lock = partition.keys.bullLock(lease.queue, lease.jobId);
  const { token, priority } = lease;
  const effectsUnderWay = new Map<string, Promise<unknown>>();
  let enqueued = 0;

  const run = (script: Script, scriptKeys: readonly string[], args: readonly ScriptArg[]) =>
    patiently(() => partition.run(script, scriptKeys, args));

  /** Calls of one key at the same time share one run; after it failed, the next call runs again. */
  function once<Result>(key: string, fn: () => Result | Promise<Result>): Promise<Result> {
    const shared = effectsUnderWay.get(key) ?? runEffect(`once/${key}`, fn);
    effectsUnderWay.set(key, shared);
    const forget = (): void => void effectsUnderWay.delete(key);
    shared.then(forget, forget);
    return shared as Promise<Result>;
  }

  /** An answer that lay here while this process stood still says nothing of now. */
  async function beginEffect(field: string): Promise<readonly string[]> {
    for (let round = 1; ; round += 1) {
      const asked = performance.now();
      const begun = (await run(BEGIN_EFFECT, [lock, effects], [token, field])) as Buffer[];
      if (performance.now() - asked < FRESH_MS || round === BEGIN_ROUNDS) return begun.map(String);
    }
  }

  async function runEffect(field: string, fn: () => unknown): Promise<unknown> {
    const [state, kept] = await beginEffect(field);
    if (state === 'lost') throw takenOver();
    if (state === 'kept') return JSON.parse(kept ?? 'null');
    const json = JSON.stringify(await fn()) ?? 'null';
    const reply = await run(KEEP_EFFECT, [lock, effects], [token, field, json, retention]);
    if (String(reply) === 'lost') throw takenOver();
    return JSON.parse(json);
  }

  function takenOver(): AttemptAbortedError {
    const error = new AttemptAbortedError(
      'lock-lost',
      'another worker has taken this job over; what this one does is not kept',
    );
    controller.abort(error);
    return error;
  }

  async function progress(value: number | string | Record<string, unknown>): Promise<void> {
    const json = JSON.stringify(value) ?? 'null';
    if (Buffer.byteLength(json) > STEP_LIMIT)
      throw new RangeError(
        `ctx.progress: more than ${STEP_LIMIT} bytes of JSON; return large results instead`,
      );
    if (tracked !== undefined) {
      const reply = await run(
        ADD_STEP,
        [lock, partition.keys.job(workId)],
        [partition.keys.prefix, workId, token, now(), json],
      );
      if (String(reply) === 'lost') throw takenOver();
    }
    await patiently(() => lease.report(value));
  }

  async function enqueue(
    target: JobDefinition<never> | string,
    data: unknown,
    options: EnqueueOptions = {},
  ): Promise<string> {
    const name = typeof target === 'string' ? target : target.name;
    const definition = registry.jobs.get(name);
    if (definition === undefined) {
      const known = [...registry.jobs.keys()].join(', ') || 'none';
      throw new NonRetryableError(`ctx.enqueue: no job is named '${name}' (known jobs: ${known})`);
    }
    const position = enqueued++;
    const id = chainedIdOf(workId, name, position);
    const queuedId = newQueuedId(id);
    const chosen = options.priority ?? priority;
    const add = partition.add({
      queue: definition.queue,
      jobId: queuedId,
      name,
      work: { kind: 'job', id, data },
      timestamp: now(),
      ...(options.delay === undefined ? {} : { delay: options.delay }),
      ...(chosen === undefined || chosen === 0 ? {} : { priority: chosen }),
    });
    const reply = await run(
      ENQUEUE_ONCE,
      [lock, effects, ...add.keys],
      [
        token,
        partition.keys.prefix,
        `enqueue/${position}/${name}`,
        id,
        name,
        definition.queue,
        now(),
        retention,
        add.script,
        add.keys.length,
        ...add.args,
        ...recordFields({ ...options, data, priority: chosen, queue: definition.queue, queuedId }, now()),
      ],
    );
    if (String(reply) === 'lost') throw takenOver();
    return id;
  }

  return {
    jobId: tracked === undefined ? lease.jobId : workId,
    attempt,
    maxAttempts,
    signal: controller.signal,
    log,
    idempotencyKey: workId,
    get finishUrl() {
      return finishUrlOf(workId, external ? tracked : undefined);
    },
    progress,
    once,
    enqueue,
  };
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
