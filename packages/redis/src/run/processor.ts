import {
  DEFAULT_RETRY,
  type AnnouncedHandler,
  type FleetView,
  overridePolicy,
  planDispatch,
  serializeError,
  type EventId,
  type Handler,
  type HooklineEvent,
  type Registry,
  type SubjectRule,
  type Work,
} from '@hookline/core';
import { validate } from './attempt.ts';
import { putOff, type Ending, type Processor, type PutOff } from '../bullmq/ending.ts';
import type { Lease } from '../bullmq/lease.ts';
import { nextSlot } from '../bullmq/cron.ts';
import { bodyShed, execute, type ExecuteParts, type Runnable } from './execute.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { askFilters, refusalOf } from './filters.ts';
import type { InPlace, NotInPlace, Opened, Planned, Refused } from './ledger.ts';
import type { Passing } from './passing.ts';
import { endOfTurn, type RunningAttempt } from './running-attempts.ts';
import { createQuarantine } from './quarantine.ts';
import type { BrakeWatch } from './brake/watch.ts';
import { deliveryRef, type WorkRef } from './work-ref.ts';

export interface ProcessorParts extends ExecuteParts {
  readonly registry: Registry;
  readonly fleet: Fleet;
  readonly passing: Passing;
  readonly brakes: BrakeWatch;
}

/** An event that nobody wanted is looked at again for handlers that appear within this time, in milliseconds. */
export const UNCLAIMED_EVENT_MS = 15 * 60_000;
/** Plans made over a fleet that had changed by then; more than a few at a time would be a fault of ours. */
const MOST_PLANS = 20;

/** The way of one job through a worker: dispatch an event, or open → run → settle a delivery or a job. */
export function createProcessor(parts: ProcessorParts): Processor {
  return new WorkProcessor(parts);
}

class WorkProcessor implements Processor {
  readonly #parts: ProcessorParts;
  readonly #quarantine = createQuarantine();
  readonly #startedAt: number;

  constructor(parts: ProcessorParts) {
    this.#parts = parts;
    this.#startedAt = parts.now();
  }

  async run(lease: Lease): Promise<Ending> {
    const leave = lease.stalled === 0 ? undefined : await this.#quarantine.enter(lease.stalled);
    try {
      return await this.#route(lease, lease.work as Work);
    } catch (error) {
      return this.putOff(lease, error);
    } finally {
      leave?.();
      if (this.#parts.ledger.aheadOf(lease) !== undefined)
        await this.#parts.ledger.releaseAhead(lease).catch(() => undefined);
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
        return this.#deliver(lease, work, 'no');
      case 'job':
        return this.#runJob(lease, work);
      case 'canary':
        return { kind: 'completed', result: null };
      default:
        return failed(`job ${lease.jobId} holds no work that Hookline knows: was it added by hand?`);
    }
  }

  /** Gives the event to the handlers that live workers announce; the ledger refuses a plan made over others. */
  async #dispatch(lease: Lease, work: Work & { kind: 'event' }): Promise<Ending> {
    // It was planned over the fleet as it was when the job was taken.
    const ahead = this.#parts.ledger.aheadOf(lease);
    if (ahead !== undefined) return this.#deliver(lease, { event: work.event, handler: ahead }, 'again');
    let fleet = await this.#parts.fleet.view();
    for (let round = 1; round <= MOST_PLANS; round += 1) {
      const ending = await this.#dispatchOver(fleet, lease, work);
      if (ending !== 'stale') return ending;
      fleet = await this.#parts.fleet.refresh();
    }
    throw new Error('workers came and went each time that this event was to be dispatched');
  }

  async #dispatchOver(
    fleet: FleetView,
    lease: Lease,
    work: Work & { kind: 'event' },
  ): Promise<Ending | 'stale'> {
    const read = () => this.#parts.ledger.readWhole(work.event);
    const { wanting: handlers, refused, event } = await askFilters(fleet.handlersFor(work), read);
    const ordered = fleet.hasSubjectRule(work.provider);
    const plan = refused.length === 0 ? planDispatch(handlers, ordered) : undefined;
    const isMissed = fleet.isMissed(work, UNCLAIMED_EVENT_MS);
    if (plan?.kind === 'in-place' && !isMissed && this.#parts.registry.handlers.has(plan.handler.name)) {
      const delivery = { event: work.event, handler: plan.handler.name };
      // Of the next one of its kind nobody knows yet what its filter will say.
      if (plan.handler.where === undefined)
        this.#parts.ledger.planAhead(work, delivery.handler, fleet.revision);
      const ending = await this.#deliverInPlace(lease, delivery, { plannedOver: fleet.revision });
      if (ending !== 'spread') return ending;
    }
    const dispatched = await this.#parts.ledger.dispatch(work.event, lease, {
      handlers: await this.#planJobs(work.event, handlers, lease.priority, event),
      refused,
      revision: fleet.revision,
      unclaimed: isMissed || handlers.length + refused.length === 0,
      ordered,
    });
    switch (dispatched.kind) {
      case 'stale':
        return 'stale';
      case 'in-place':
        return this.#deliver(lease, { event: work.event, handler: dispatched.handler }, 'again');
      case 'unhandled':
        this.#logUnhandled(work, refused);
        return { kind: 'completed', result: { unhandled: true }, ended: dispatched.ended };
      case 'dispatched':
        return {
          kind: 'completed',
          result: { handlers: handlers.map(({ name }) => name) },
          ended: dispatched.ended,
        };
      case 'gone':
        return failed(`event ${work.event} is not in the event store any more`);
      case 'shed':
        return { kind: 'failed', error: bodyShed(work.event) };
    }
  }

  #logUnhandled({ event, type }: Work & { kind: 'event' }, refused: readonly Refused[]): void {
    const log = this.#parts.log({ work: event, type });
    // That is what a filter is for: nobody wants a line of it for each event.
    if (refused.length > 0)
      log.debug('unhandled: the filters of all its handlers refuse it; it is kept', { refused });
    else log.info('unhandled: no handler asks for this event; it is kept');
  }

  /** @param read the event, where it was read already */
  async #planJobs(
    id: EventId,
    handlers: readonly AnnouncedHandler[],
    priority: number | undefined,
    read: HooklineEvent | undefined,
  ): Promise<Planned[]> {
    const isRead = handlers.some(
      ({ delay, subjectRule }) => delay !== undefined || subjectRule?.kind === 'collapse',
    );
    const event = isRead ? (read ?? (await this.#parts.ledger.readEvent(id))) : undefined;
    const planned = handlers.map(async (handler): Promise<Planned> => {
      const own = this.#parts.registry.handlers.get(handler.name);
      const delay = handler.delay === 'asked' ? own?.delay : handler.delay;
      const asksDelay = handler.delay === 'asked' && own === undefined;
      return {
        handler,
        ...(asksDelay ? { asksDelay } : {}),
        delay: event === undefined ? 0 : await this.#delayOf({ ...handler, delay }, event),
        ...(priority === undefined || priority === 0 ? {} : { priority }),
      };
    });
    return Promise.all(planned);
  }

  /** Milliseconds from now. A burst is waited for until it pauses, but not for ever. */
  async #delayOf(
    {
      name,
      delay,
      subjectRule,
    }: { readonly name: string; readonly delay?: Handler['delay']; readonly subjectRule?: SubjectRule },
    event: HooklineEvent,
  ): Promise<number> {
    const wait = this.#waitOf({ name, delay }, event);
    if (subjectRule?.kind !== 'collapse' || event.subject === undefined) return wait;
    const since = (await this.#parts.ledger.burstSince(event, name)) ?? event.receivedAt;
    const now = this.#parts.now();
    return Math.max(wait, Math.min(subjectRule.wait, Math.max(0, since + subjectRule.max - now)));
  }

  /** Milliseconds from now. A delay function that fails must not keep the event from its handler: it is handled at once. */
  #waitOf(
    { name, delay = 0 }: { readonly name: string; readonly delay?: Handler['delay'] | undefined },
    event: HooklineEvent,
  ): number {
    const { now, log } = this.#parts;
    try {
      const after = typeof delay === 'number' ? delay : delay(event);
      return Math.max(0, event.receivedAt + after - now());
    } catch (error) {
      const { message } = serializeError(error);
      log({ work: event.id, handler: name }).error('its delay function failed; handled without delay', {
        error: message,
      });
      return 0;
    }
  }

  async #deliver(lease: Lease, work: DeliveryWork, inPlace: 'no' | 'again'): Promise<Ending> {
    const ending = await this.#deliverInPlace(lease, work, inPlace);
    if (typeof ending === 'string') throw new Error(`a delivery that was dispatched is ${ending}`);
    return ending;
  }

  async #deliverInPlace(
    lease: Lease,
    { event, handler: name, asksDelay, asksFilter }: DeliveryWork,
    inPlace: InPlace,
  ): Promise<Ending | 'stale' | 'spread'> {
    const { registry, ledger, running, passing, brakes } = this.#parts;
    const ref = deliveryRef(event, name);
    const handler = registry.handlers.get(name);
    if (handler === undefined) {
      const passed = await passing.passOn(lease, ref);
      if (passed !== 'unclaimed') return passed;
    }
    const refused = asksFilter && handler !== undefined && (await this.#refuse(ref, lease, handler));
    if (refused) return { kind: 'completed', result: { filtered: true } };
    const wait = asksDelay && handler !== undefined ? await this.#askDelay(handler, event) : 0;
    if (wait > 0) return { kind: 'passed-on', reason: `${name} asked for a delay`, delay: wait };
    if (inPlace === 'no' && handler !== undefined && !asksDelay) ledger.knowAhead(name, handler.subjectRule);
    const here = running.of(ref.workId);
    const opened = await ledger.openDelivery(ref, lease, inPlace, here?.run.id, handler?.subjectRule);
    if (isNotInPlace(opened)) return opened.kind;
    if (opened.kind === 'resumed') return resume(here, lease);
    if (handler === undefined) return execute(this.#parts, lease, ref, opened, unknown('handler', name));
    return execute(this.#parts, lease, ref, opened, {
      retry: handler.retry,
      timeout: handler.timeout,
      versionOf: handler.versionOf,
      watch: opened.kind === 'open' ? brakes.of(handler, opened.value) : undefined,
      async run(value, ctx) {
        if (handler.schema === undefined) return handler.run(value, ctx);
        const payload = await validate(handler.schema, value.payload, `the payload of ${value.type}`);
        return handler.run({ ...value, payload }, ctx);
      },
    });
  }

  /** Asks the filter of a handler that is given the event as a part of its whole replay. */
  async #refuse(
    ref: WorkRef & { readonly kind: 'delivery' },
    lease: Lease,
    { where }: Handler,
  ): Promise<boolean> {
    const { ledger } = this.#parts;
    const event = where === undefined ? undefined : await ledger.readWhole(ref.event);
    const reason = event === undefined ? undefined : refusalOf(where, event);
    return reason !== undefined && ledger.refuse(ref, lease, reason);
  }

  async #askDelay(handler: Handler, id: EventId): Promise<number> {
    const event = await this.#parts.ledger.readEvent(id);
    return event === undefined ? 0 : this.#waitOf(handler, event);
  }

  async #runJob(lease: Lease, work: Work & { kind: 'job' }): Promise<Ending> {
    const { registry, ledger, running, passing } = this.#parts;
    const missed = this.#missedSlot(lease);
    if (missed !== undefined) return { kind: 'completed', result: missed };
    const definition = registry.jobs.get(lease.name);
    const workId = work.id ?? `${lease.queue}~${lease.jobId}`.replaceAll(':', '~');
    const ref = { kind: 'job', workId, job: lease.name, work } satisfies WorkRef;
    if (definition === undefined) {
      const passed = await passing.passOn(lease, ref);
      if (passed !== 'unclaimed') return passed;
    }
    const external = definition?.completion === 'external';
    const retry = overridePolicy(definition?.retry ?? DEFAULT_RETRY, work.options ?? {});
    const here = running.of(workId);
    const opened = await ledger.openJob(ref, lease, { attempts: retry.attempts, external }, here?.run.id);
    if (opened.kind === 'resumed') return resume(here, lease);
    if (definition === undefined) return execute(this.#parts, lease, ref, opened, unknown('job', lease.name));
    return execute(this.#parts, lease, ref, opened, {
      retry,
      timeout: work.options?.timeout ?? definition.timeout,
      external,
      async run(_, ctx) {
        const data = await validate(definition.schema, work.data, `the data of job '${lease.name}'`);
        return definition.run(data, ctx);
      },
    });
  }

  /** With `missed: 'skip'`, a slot that passed while no worker ran is not run once its successor is due. */
  #missedSlot({ slot }: Lease): { skipped: string } | undefined {
    const schedule = slot === undefined ? undefined : this.#parts.registry.schedules.get(slot.schedule);
    if (slot === undefined || schedule?.missed !== 'skip') return undefined;
    // A queue that is slower than its cron is late each time: what was due while this worker ran is not missed.
    if (slot.at >= this.#startedAt) return undefined;
    if (nextSlot(schedule.cron, schedule.timezone, slot.at) > this.#parts.now()) return undefined;
    return { skipped: `the slot of ${new Date(slot.at).toISOString()} passed while no worker ran` };
  }
}

function isNotInPlace(opened: Opened<HooklineEvent> | NotInPlace): opened is NotInPlace {
  return opened.kind === 'stale' || opened.kind === 'spread';
}

type DeliveryWork = Omit<Work & { kind: 'delivery' }, 'kind'>;

/** Work that no live worker knows how to run, and has not for long. */
function unknown(kind: 'handler' | 'job', name: string): Runnable<unknown> {
  return {
    retry: DEFAULT_RETRY,
    timeout: undefined,
    missing: `no live worker has a ${kind} named '${name}': it was removed or renamed, or its workers are away`,
    run: () => undefined,
  };
}

function resume(here: RunningAttempt | undefined, lease: Lease): Promise<Ending> {
  if (here === undefined) throw new Error('a run was resumed that this process does not have');
  return endOfTurn(here, lease);
}

function failed(message: string): Ending {
  return { kind: 'failed', error: new Error(message) };
}
