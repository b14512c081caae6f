import type { EnqueueOptions, JobDefinition, Logger, Registry, RunContext } from '@hookline/core';
import { NonRetryableError } from '@hookline/core';
import type { Job } from 'bullmq';
import { AttemptAbortedError } from './attempt.ts';
import type { Connection } from './connection.ts';
import type { Enqueuer } from './enqueue.ts';
import type { Keys } from './keys.ts';
import { ENQUEUE_ONCE, KEEP_EFFECT } from './lifecycle-scripts.ts';
import { runScript } from './script.ts';

export interface ContextParts {
  readonly connection: Connection;
  readonly keys: Keys;
  readonly enqueuer: Enqueuer;
  readonly registry: Registry;
  readonly now: () => number;
  /** Milliseconds that the effects of finished work are remembered. */
  readonly retention: number;
}

export interface AttemptIdentity {
  readonly job: Job;
  readonly token: string;
  /** The work across retries and replays: one event and handler, or one job. */
  readonly workId: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly controller: AbortController;
  readonly log: Logger;
}

/** What user code is given for one attempt. */
export function createRunContext(parts: ContextParts, identity: AttemptIdentity): RunContext {
  const { connection, keys, enqueuer, registry, now, retention } = parts;
  const { job, token, workId, attempt, maxAttempts, controller, log } = identity;
  const effects = keys.effects(workId);
  const lock = keys.bullLock(job.queueName, job.id ?? '');
  const priority = job.opts.priority;
  let enqueued = 0;

  async function once<Result>(key: string, fn: () => Result | Promise<Result>): Promise<Result> {
    const field = `once/${key}`;
    const kept = await connection.hget(effects, field);
    if (kept !== null) return JSON.parse(kept) as Result;
    const result = await fn();
    const json = JSON.stringify(result) ?? 'null';
    const reply = await runScript(connection, KEEP_EFFECT, [lock, effects], [token, field, json, retention]);
    if (String(reply) === 'lost') {
      const error = new AttemptAbortedError(
        'lock-lost',
        'another worker has taken this job over; the result is not kept',
      );
      controller.abort(error);
      throw error;
    }
    return JSON.parse(json) as Result;
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
    const jobId = `${workId}~${name}~${position}`;
    const chosen = options.priority ?? priority;
    const add = enqueuer.prepare({
      queue: definition.queue,
      jobId,
      name,
      work: { kind: 'job', data },
      timestamp: now(),
      ...(options.delay === undefined ? {} : { delay: options.delay }),
      ...(chosen === undefined || chosen === 0 ? {} : { priority: chosen }),
    });
    await runScript(
      connection,
      ENQUEUE_ONCE,
      [effects, ...add.keys],
      [
        keys.prefix,
        `enqueue/${position}/${name}`,
        jobId,
        definition.queue,
        add.script,
        add.keys.length,
        retention,
        ...add.args,
      ],
    );
    return jobId;
  }

  return {
    jobId: job.id ?? '',
    attempt,
    maxAttempts,
    signal: controller.signal,
    log,
    idempotencyKey: workId,
    progress: (value) => job.updateProgress(value),
    once,
    enqueue,
  };
}
