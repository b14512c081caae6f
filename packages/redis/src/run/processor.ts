import {
  backoff,
  overridePolicy,
  planDispatch,
  retryPolicy,
  serializeError,
  type EventId,
  type Handler,
  type HooklineEvent,
  type Registry,
  type RetryPolicy,
  type Work,
} from '@hookline/core';
import { DelayedError, type Job } from 'bullmq';
import { validate } from './attempt.ts';
import { failedForGood, isVerdict, LockLostError, tryAgain } from '../bullmq/ending.ts';
import { nextSlot } from './cron.ts';
import { bodyShed, execute, holdOf, type ExecuteParts } from './execute.ts';
import type { Planned } from './ledger.ts';
import { createQuarantine } from './quarantine.ts';
import { deliverySubject, type Subject } from './work-ref.ts';

export interface ProcessorParts extends ExecuteParts {
  readonly registry: Registry;
}

/**
 * Work for a handler or job that this worker does not know: a newer worker queued it, or its definition is
 * gone. It is passed on for as long as a rolling deploy may take, then becomes a dead letter that says so.
 */
const UNKNOWN_RETRY: RetryPolicy = retryPolicy({
  attempts: 30,
  backoff: { delay: '1s', max: '5m', jitter: 0.5 },
});

/** How long a job is put off when the worker itself could not do its part. */
const PUT_OFF: RetryPolicy = retryPolicy({ backoff: { delay: '1s', max: '1m' } });

/** The way of one job through a worker: dispatch an event, or open → run → settle a delivery or a job. */
export function createProcessor(parts: ProcessorParts): (job: Job, token: string) => Promise<unknown> {
  const { registry, ledger, now, random } = parts;

  const quarantine = createQuarantine();

  return async function process(job, token) {
    const leave = await quarantine.enter(job.stalledCounter);
    try {
      return await route(job, token, job.data as Work);
    } catch (error) {
      if (isVerdict(error)) throw error;
      return putOff(job, token, error);
    } finally {
      leave();
    }
  };

  async function route(job: Job, token: string, work: Work): Promise<unknown> {
    switch (work.kind) {
      case 'event':
        return dispatch(job, token, work);
      case 'delivery':
        return deliver(job, token, work.event, work.handler, false);
      case 'job':
        return runJob(job, token, work);
      case 'canary':
        return null;
      default:
        throw failedForGood(
          new Error(`job ${job.id} holds no work that Hookline knows: was it added by hand?`),
        );
    }
  }

  async function dispatch(job: Job, token: string, work: Work & { kind: 'event' }): Promise<unknown> {
    const handlers = registry.handlersFor(work);
    const plan = planDispatch(handlers);
    const isFirstRun = job.attemptsMade === 0 && job.stalledCounter === 0;
    if (plan.kind === 'in-place' && isFirstRun)
      return deliver(job, token, work.event, plan.handler.name, true);

    const planned = await planJobs(work.event, handlers, job.opts.priority);
    const dispatched = await ledger.dispatch(work.event, planned, holdOf(job, token));
    switch (dispatched.kind) {
      case 'in-place':
        return deliver(job, token, work.event, dispatched.handler, true);
      case 'unhandled':
        parts
          .log({ work: work.event, type: work.type })
          .info('unhandled: no handler asks for this event; it is kept');
        return { unhandled: true };
      case 'dispatched':
        return { handlers: handlers.map(({ name }) => name) };
      case 'gone':
        throw failedForGood(new Error(`event ${work.event} is not in the event store any more`));
      case 'shed':
        throw failedForGood(bodyShed(work.event));
      case 'lost':
        throw new LockLostError();
    }
  }

  async function planJobs(
    id: EventId,
    handlers: readonly Handler[],
    priority: number | undefined,
  ): Promise<Planned[]> {
    const event = handlers.some(({ delay }) => delay !== undefined) ? await ledger.readEvent(id) : undefined;
    return handlers.map((handler) => ({
      handler,
      delay: event === undefined ? 0 : Math.max(0, event.receivedAt + delayOf(handler, event) - now()),
      ...(priority === undefined || priority === 0 ? {} : { priority }),
    }));
  }

  /** A delay function that fails must not keep the event from its handler: it is handled at once instead. */
  function delayOf({ name, delay = 0 }: Handler, event: HooklineEvent): number {
    if (typeof delay === 'number') return delay;
    try {
      return delay(event);
    } catch (error) {
      const { message } = serializeError(error);
      parts
        .log({ work: event.id, handler: name })
        .error('its delay function failed; handled without delay', { error: message });
      return 0;
    }
  }

  async function deliver(
    job: Job,
    token: string,
    id: EventId,
    name: string,
    inPlace: boolean,
  ): Promise<unknown> {
    const subject = deliverySubject(id, name);
    const opened = await ledger.openDelivery(subject, holdOf(job, token), inPlace);
    const handler = registry.handlers.get(name);
    return execute(parts, job, token, subject, opened, {
      retry: handler?.retry ?? UNKNOWN_RETRY,
      timeout: handler?.timeout,
      async run(event, ctx) {
        if (handler === undefined) throw new Error(`no handler named '${name}' is defined in this worker`);
        if (handler.schema === undefined) return handler.run(event, ctx);
        const payload = await validate(handler.schema, event.payload, `the payload of ${event.type}`);
        return handler.run({ ...event, payload }, ctx);
      },
    });
  }

  async function runJob(job: Job, token: string, work: Work & { kind: 'job' }): Promise<unknown> {
    const missed = missedSlot(job);
    if (missed !== undefined) return missed;
    const definition = registry.jobs.get(job.name);
    const workId = work.id ?? `${job.queueName}~${job.id}`.replaceAll(':', '~');
    const subject = { kind: 'job', workId, job: job.name, work } satisfies Subject;
    const external = definition?.completion === 'external';
    const retry = overridePolicy(definition?.retry ?? UNKNOWN_RETRY, work.options ?? {});
    const terms = { maxAttempts: retry.attempts, external };
    const opened = await ledger.openJob(subject, holdOf(job, token), terms);
    return execute(parts, job, token, subject, opened, {
      retry,
      timeout: work.options?.timeout ?? definition?.timeout,
      external,
      async run(_, ctx) {
        if (definition === undefined) throw new Error(`no job named '${job.name}' is defined in this worker`);
        const data = await validate(definition.schema, work.data, `the data of job '${job.name}'`);
        return definition.run(data, ctx);
      },
    });
  }

  /** With `missed: 'skip'`, a slot whose successor is already due is not run late. */
  function missedSlot(job: Job): { skipped: string } | undefined {
    const schedule = job.repeatJobKey === undefined ? undefined : registry.schedules.get(job.repeatJobKey);
    if (schedule?.missed !== 'skip') return undefined;
    const slot = job.opts.prevMillis ?? job.timestamp;
    if (nextSlot(schedule.cron, schedule.timezone, slot) > now()) return undefined;
    return { skipped: `the slot of ${new Date(slot).toISOString()} passed while no worker ran` };
  }

  /**
   * Something of ours failed, not the user's code: it must neither cost an attempt nor end the job, so the job
   * comes back a little later, for as long as it takes.
   */
  async function putOff(job: Job, token: string, error: unknown): Promise<never> {
    const delay = backoff(PUT_OFF, job.attemptsStarted - job.attemptsMade, random());
    const { message } = serializeError(error);
    parts.log({ work: job.id }).error('could not be run; put off', { error: message, retryInMs: delay });
    try {
      await job.moveToDelayed(now() + delay, token);
    } catch {
      throw tryAgain(job, error, delay);
    }
    throw new DelayedError();
  }
}
