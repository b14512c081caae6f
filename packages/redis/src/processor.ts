import {
  isPoison,
  NonRetryableError,
  planDispatch,
  retryPolicy,
  settle,
  type EventId,
  type Logger,
  type Outcome,
  type Registry,
  type RetryPolicy,
  type Settlement,
  type Work,
} from '@hookline/core';
import { UnrecoverableError, WaitingError, type Job } from 'bullmq';
import { AttemptAbortedError, runAttempt, validate } from './attempt.ts';
import { nextSlot } from './cron.ts';
import {
  deliverySubject,
  type Hold,
  type Ledger,
  type Opened,
  type Planned,
  type Subject,
} from './ledger.ts';
import { createRunContext, type ContextParts } from './run-context.ts';

export interface ProcessorParts {
  readonly registry: Registry;
  readonly ledger: Ledger;
  readonly context: ContextParts;
  readonly log: (fields: Record<string, unknown>) => Logger;
  readonly now: () => number;
  readonly random: () => number;
  /** Called with each attempt's controller while it runs, so that others can abort it. */
  readonly track: (queue: string, jobId: string, controller: AbortController) => () => void;
  /** Milliseconds for work whose definition sets no timeout. */
  readonly defaultTimeout: number;
}

/** An attempt that failed and is to be tried again after `delay` ms; BullMQ's back-off asks for it. */
export class TryAgainError extends Error {
  override readonly name = 'TryAgainError';
  readonly delay: number;

  constructor(error: unknown, delay: number) {
    const { message, stack } = describe(error);
    super(message);
    this.stack = stack;
    this.delay = delay;
  }
}

/**
 * Work for a handler or job that this worker does not know: a newer worker queued it, or its definition is
 * gone. It is passed on for as long as a rolling deploy may take, then becomes a dead letter that says so.
 */
const UNKNOWN_RETRY: RetryPolicy = retryPolicy({
  attempts: 30,
  backoff: { delay: '1s', max: '5m', jitter: 0.5 },
});

/** What this worker runs for one piece of work, or why it cannot. */
interface Runnable<Value> {
  readonly retry: RetryPolicy;
  readonly timeout?: number;
  run(value: Value, ctx: ReturnType<typeof createRunContext>): unknown;
}

/**
 * The way of one job through a worker: open → run → settle, then BullMQ hears the end of it.
 * What it throws is for BullMQ alone: the ledger has been written before.
 */
export function createProcessor(parts: ProcessorParts): (job: Job, token: string) => Promise<unknown> {
  const { registry, ledger, context, now, random, track, defaultTimeout } = parts;

  return async function process(job, token) {
    const work = job.data as Work;
    switch (work.kind) {
      case 'event':
        return dispatchEvent(job, token, work);
      case 'delivery':
        return deliver(job, token, work.event, work.handler, false);
      case 'job':
        return runJob(job, token, work);
      default:
        throw new UnrecoverableError(
          `job ${job.id} holds no work that Hookline knows: ${JSON.stringify(work).slice(0, 200)}`,
        );
    }
  };

  async function dispatchEvent(job: Job, token: string, work: Work & { kind: 'event' }): Promise<unknown> {
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
          .log({ event: work.event, type: work.type })
          .info('unhandled: no handler asks for this event; it is kept');
        return { unhandled: true };
      case 'dispatched':
        return { handlers: handlers.map(({ name }) => name) };
      case 'gone':
        throw new UnrecoverableError(`event ${work.event} is not in the event store any more`);
      case 'lost':
        throw lockLost();
    }
  }

  async function planJobs(
    eventId: EventId,
    handlers: Parameters<typeof planDispatch>[0],
    priority: number | undefined,
  ): Promise<Planned[]> {
    const event = handlers.some(({ delay }) => delay !== undefined)
      ? await ledger.readEvent(eventId)
      : undefined;
    return handlers.map((handler) => {
      const wait =
        event === undefined
          ? undefined
          : typeof handler.delay === 'function'
            ? handler.delay(event)
            : handler.delay;
      const delay =
        event === undefined || wait === undefined ? 0 : Math.max(0, event.receivedAt + wait - now());
      return { handler, delay, ...(priority === undefined || priority === 0 ? {} : { priority }) };
    });
  }

  async function deliver(
    job: Job,
    token: string,
    eventId: EventId,
    name: string,
    inPlace: boolean,
  ): Promise<unknown> {
    const subject = deliverySubject(eventId, name);
    const opened = await ledger.openDelivery(subject, holdOf(job, token), inPlace);
    const handler = registry.handlers.get(name);
    return attempt(job, token, subject, opened, {
      retry: handler?.retry ?? UNKNOWN_RETRY,
      ...(handler?.timeout === undefined ? {} : { timeout: handler.timeout }),
      async run(event, ctx) {
        if (handler === undefined) throw new Error(`no handler named '${name}' is defined in this worker`);
        if (handler.schema === undefined) return handler.run(event, ctx);
        const payload = await validate(handler.schema, event.payload, `the payload of ${event.type}`);
        return handler.run({ ...event, payload }, ctx);
      },
    });
  }

  async function runJob(job: Job, token: string, work: Work & { kind: 'job' }): Promise<unknown> {
    const definition = registry.jobs.get(job.name);
    const workId = work.replayOf ?? `${job.queueName}~${job.id}`.replaceAll(':', '~');
    const subject = { kind: 'job', workId, job: job.name, data: work.data } satisfies Subject;
    const skipped = missedSlot(job, registry, now());
    if (skipped !== undefined) return skipped;
    const opened = await ledger.openJob(subject, holdOf(job, token));
    return attempt(job, token, subject, opened, {
      retry: definition?.retry ?? UNKNOWN_RETRY,
      ...(definition?.timeout === undefined ? {} : { timeout: definition.timeout }),
      async run(_, ctx) {
        if (definition === undefined) throw new Error(`no job named '${job.name}' is defined in this worker`);
        return definition.run(
          await validate(definition.schema, work.data, `the data of job '${job.name}'`),
          ctx,
        );
      },
    });
  }

  async function attempt<Value>(
    job: Job,
    token: string,
    subject: Subject,
    opened: Opened<Value>,
    runnable: Runnable<Value>,
  ): Promise<unknown> {
    switch (opened.kind) {
      case 'succeeded':
        return opened.result;
      case 'dead':
        throw new UnrecoverableError(`${subject.workId} is a dead letter already`);
      case 'gone':
        throw new UnrecoverableError(`the event of ${subject.workId} is not in the event store any more`);
      case 'open':
        break;
    }
    const number = job.attemptsMade + 1;
    const startedAt = now();
    const log = parts.log({ work: subject.workId, attempt: number });
    const controller = new AbortController();
    const untrack = track(job.queueName, job.id ?? '', controller);
    let settlement: Settlement;
    try {
      if (isPoison(opened.deaths)) {
        settlement = {
          kind: 'bury',
          reason: 'worker-lost',
          error: new Error(`${opened.deaths} workers died or stopped answering while they ran this`),
        };
      } else {
        const ctx = createRunContext(context, {
          ...{ job, token, workId: subject.workId, controller, log, attempt: number },
          maxAttempts: Math.max(runnable.retry.attempts, number),
        });
        const run = () => (opened.damaged ? refuseDamaged() : runnable.run(opened.value, ctx));
        const outcome = await runAttempt(run, controller, runnable.timeout ?? defaultTimeout);
        settlement = settle(asJson(outcome), number, runnable.retry, random());
      }
    } finally {
      untrack();
    }
    if (
      controller.signal.reason instanceof AttemptAbortedError &&
      controller.signal.reason.abortedBy === 'lock-lost'
    )
      throw lockLost();
    const kept = await ledger.settle(subject, holdOf(job, token), settlement, {
      attempt: number,
      startedAt,
      endedAt: now(),
    });
    if (!kept) throw lockLost();
    return conclude(job, token, settlement, runnable.retry, log, now() - startedAt);
  }

  /** Tells BullMQ what the ledger already holds. */
  async function conclude(
    job: Job,
    token: string,
    settlement: Settlement,
    retry: RetryPolicy,
    log: Logger,
    ms: number,
  ): Promise<unknown> {
    switch (settlement.kind) {
      case 'complete':
        log.info('handled', { ms });
        return settlement.result;
      case 'retry':
        log.warn('failed; will be tried again', {
          ms,
          of: retry.attempts,
          retryInMs: settlement.delay,
          error: describe(settlement.error).message,
        });
        // BullMQ asks its own options whether to try again; the policy is the handler's, so this job's are widened here.
        job.opts.attempts = Number.MAX_SAFE_INTEGER;
        job.opts.backoff = { type: 'settled' };
        throw new TryAgainError(settlement.error, settlement.delay);
      case 'bury': {
        const { message, stack } = describe(settlement.error);
        log.error('gave up; kept as a dead letter', { ms, reason: settlement.reason, error: message });
        const error = new UnrecoverableError(message);
        error.stack = stack;
        throw error;
      }
      case 'release':
        log.info('put back: this process is stopping', { ms });
        await job.moveToWait(token);
        throw new WaitingError();
    }
  }
}

function holdOf(job: Job, token: string): Hold {
  return {
    queue: job.queueName,
    jobId: job.id ?? '',
    token,
    made: job.attemptsMade,
    stalled: job.stalledCounter,
  };
}

function refuseDamaged(): never {
  throw new NonRetryableError(
    'the stored body does not match the SHA-256 stored with it: the data in Redis is damaged',
  );
}

function lockLost(): Error {
  return new Error(
    'another worker has taken this job over while this one was not answering; its result is not kept',
  );
}

/** What a handler returns is kept as JSON; something that cannot be is the handler's mistake, found on the first try. */
function asJson(outcome: Outcome): Outcome {
  if (outcome.kind !== 'succeeded') return outcome;
  try {
    const json = JSON.stringify(outcome.result);
    return { kind: 'succeeded', result: json === undefined ? null : (JSON.parse(json) as unknown) };
  } catch (error) {
    return {
      kind: 'failed',
      error: new NonRetryableError('the returned value cannot be kept as JSON', { cause: error }),
    };
  }
}

/** With `missed: 'skip'`, a slot whose successor is already due is not run late. */
function missedSlot(job: Job, registry: Registry, now: number): { skipped: string } | undefined {
  const schedule = job.repeatJobKey === undefined ? undefined : registry.schedules.get(job.repeatJobKey);
  if (schedule?.missed !== 'skip') return undefined;
  const slot = job.opts.prevMillis ?? job.timestamp;
  const next = nextSlot(schedule.cron, schedule.timezone, slot);
  return next <= now
    ? { skipped: `the slot of ${new Date(slot).toISOString()} passed while no worker ran` }
    : undefined;
}

function describe(error: unknown): { message: string; stack: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { message, stack: (error instanceof Error ? error.stack : undefined) ?? message };
}
