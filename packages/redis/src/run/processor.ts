import {
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
import { validate } from './attempt.ts';
import { putOff, type Ending, type Processor, type PutOff } from '../bullmq/ending.ts';
import type { Lease } from '../bullmq/lease.ts';
import { nextSlot } from './cron.ts';
import { bodyShed, execute, type ExecuteParts } from './execute.ts';
import type { Planned } from './ledger.ts';
import { createQuarantine } from './quarantine.ts';
import { deliveryRef, type WorkRef } from './work-ref.ts';

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

/** The way of one job through a worker: dispatch an event, or open → run → settle a delivery or a job. */
export function createProcessor(parts: ProcessorParts): Processor {
  return new WorkProcessor(parts);
}

class WorkProcessor implements Processor {
  readonly #parts: ProcessorParts;
  readonly #quarantine = createQuarantine();

  constructor(parts: ProcessorParts) {
    this.#parts = parts;
  }

  async run(lease: Lease): Promise<Ending> {
    const leave = await this.#quarantine.enter(lease.stalled);
    try {
      return await this.#route(lease, lease.work as Work);
    } catch (error) {
      return this.putOff(lease, error);
    } finally {
      leave();
    }
  }

  putOff(lease: Lease, fault: unknown): PutOff {
    const { log, now, random } = this.#parts;
    const ending = putOff(lease, fault, now(), random());
    const { message } = serializeError(fault);
    log({ work: lease.jobId }).error('could not be run; put off', {
      error: message,
      retryInMs: ending.delay,
    });
    return ending;
  }

  async #route(lease: Lease, work: Work): Promise<Ending> {
    switch (work.kind) {
      case 'event':
        return this.#dispatch(lease, work);
      case 'delivery':
        return this.#deliver(lease, work.event, work.handler, false);
      case 'job':
        return this.#runJob(lease, work);
      case 'canary':
        return { kind: 'completed', result: null };
      default:
        return failed(`job ${lease.jobId} holds no work that Hookline knows: was it added by hand?`);
    }
  }

  async #dispatch(lease: Lease, work: Work & { kind: 'event' }): Promise<Ending> {
    const handlers = this.#parts.registry.handlersFor(work);
    const plan = planDispatch(handlers);
    const isFirstRun = lease.made === 0 && lease.stalled === 0;
    if (plan.kind === 'in-place' && isFirstRun)
      return this.#deliver(lease, work.event, plan.handler.name, true);

    const planned = await this.#planJobs(work.event, handlers, lease.priority);
    const dispatched = await this.#parts.ledger.dispatch(work.event, planned, lease);
    switch (dispatched.kind) {
      case 'in-place':
        return this.#deliver(lease, work.event, dispatched.handler, true);
      case 'unhandled':
        this.#parts
          .log({ work: work.event, type: work.type })
          .info('unhandled: no handler asks for this event; it is kept');
        return { kind: 'completed', result: { unhandled: true } };
      case 'dispatched':
        return { kind: 'completed', result: { handlers: handlers.map(({ name }) => name) } };
      case 'gone':
        return failed(`event ${work.event} is not in the event store any more`);
      case 'shed':
        return { kind: 'failed', error: bodyShed(work.event) };
      case 'lost':
        return { kind: 'lock-lost' };
    }
  }

  async #planJobs(
    id: EventId,
    handlers: readonly Handler[],
    priority: number | undefined,
  ): Promise<Planned[]> {
    const event = handlers.some(({ delay }) => delay !== undefined)
      ? await this.#parts.ledger.readEvent(id)
      : undefined;
    return handlers.map((handler) => ({
      handler,
      delay:
        event === undefined
          ? 0
          : Math.max(0, event.receivedAt + this.#delayOf(handler, event) - this.#parts.now()),
      ...(priority === undefined || priority === 0 ? {} : { priority }),
    }));
  }

  /** A delay function that fails must not keep the event from its handler: it is handled at once instead. */
  #delayOf({ name, delay = 0 }: Handler, event: HooklineEvent): number {
    if (typeof delay === 'number') return delay;
    try {
      return delay(event);
    } catch (error) {
      const { message } = serializeError(error);
      this.#parts
        .log({ work: event.id, handler: name })
        .error('its delay function failed; handled without delay', { error: message });
      return 0;
    }
  }

  async #deliver(lease: Lease, id: EventId, name: string, inPlace: boolean): Promise<Ending> {
    const ref = deliveryRef(id, name);
    const opened = await this.#parts.ledger.openDelivery(ref, lease, inPlace);
    const handler = this.#parts.registry.handlers.get(name);
    return execute(this.#parts, lease, ref, opened, {
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

  async #runJob(lease: Lease, work: Work & { kind: 'job' }): Promise<Ending> {
    const missed = this.#missedSlot(lease);
    if (missed !== undefined) return { kind: 'completed', result: missed };
    const definition = this.#parts.registry.jobs.get(lease.name);
    const workId = work.id ?? `${lease.queue}~${lease.jobId}`.replaceAll(':', '~');
    const ref = { kind: 'job', workId, job: lease.name, work } satisfies WorkRef;
    const external = definition?.completion === 'external';
    const retry = overridePolicy(definition?.retry ?? UNKNOWN_RETRY, work.options ?? {});
    const terms = { maxAttempts: retry.attempts, external };
    const opened = await this.#parts.ledger.openJob(ref, lease, terms);
    return execute(this.#parts, lease, ref, opened, {
      retry,
      timeout: work.options?.timeout ?? definition?.timeout,
      external,
      async run(_, ctx) {
        if (definition === undefined)
          throw new Error(`no job named '${lease.name}' is defined in this worker`);
        const data = await validate(definition.schema, work.data, `the data of job '${lease.name}'`);
        return definition.run(data, ctx);
      },
    });
  }

  /** With `missed: 'skip'`, a slot whose successor is already due is not run late. */
  #missedSlot({ slot }: Lease): { skipped: string } | undefined {
    const schedule = slot === undefined ? undefined : this.#parts.registry.schedules.get(slot.schedule);
    if (slot === undefined || schedule?.missed !== 'skip') return undefined;
    if (nextSlot(schedule.cron, schedule.timezone, slot.at) > this.#parts.now()) return undefined;
    return { skipped: `the slot of ${new Date(slot.at).toISOString()} passed while no worker ran` };
  }
}

function failed(message: string): Ending {
  return { kind: 'failed', error: new Error(message) };
}
