import type { Filter } from './filter.ts';
import { wants, type EventKind, type Subscription } from './pattern.ts';
import type { Registry } from './registry.ts';
import type { SubjectRule } from './subject-rule.ts';

/** A handler as its worker tells others of it. */
export interface AnnouncedHandler extends Subscription {
  readonly name: string;
  readonly queue: string;
  /** Of the events that it subscribes to, only those whose payloads this asks for. */
  readonly where?: Filter;
  /** Milliseconds after the event's arrival; `asked` where the handler's own function decides for each event. */
  readonly delay?: number | 'asked';
  readonly subjectRule?: SubjectRule;
}

export interface AnnouncedJob {
  readonly name: string;
  readonly queue: string;
}

export interface AnnouncedSchedule {
  readonly name: string;
  readonly job: string;
}

/** Everything that one worker process runs. */
export interface Announcement {
  /** When it started, in milliseconds since the epoch: of two definitions of one name the younger process's counts. */
  readonly startedAt: number;
  readonly handlers: readonly AnnouncedHandler[];
  readonly jobs: readonly AnnouncedJob[];
  readonly schedules: readonly AnnouncedSchedule[];
  readonly queues: readonly string[];
}

/** What no live worker announces any more, and when the last one left, in milliseconds since the epoch. */
export interface Departed {
  readonly handlers: readonly (AnnouncedHandler & { readonly leftAt: number })[];
  readonly jobs: readonly (AnnouncedJob & { readonly leftAt: number })[];
  readonly schedules: readonly (AnnouncedSchedule & { readonly leftAt: number })[];
}

/** What a worker says of its registry. */
export function announcementOf(registry: Registry, startedAt: number): Announcement {
  return {
    startedAt,
    handlers: [...registry.handlers.values()].map(
      ({ name, provider, types, source, where, queue, delay, subjectRule }) => ({
        name,
        provider,
        types,
        queue,
        ...(source === undefined ? {} : { source }),
        ...(where === undefined ? {} : { where }),
        ...(delay === undefined ? {} : { delay: typeof delay === 'number' ? delay : ('asked' as const) }),
        ...(subjectRule === undefined ? {} : { subjectRule }),
      }),
    ),
    jobs: [...registry.jobs.values()].map(({ name, queue }) => ({ name, queue })),
    schedules: [...registry.schedules.values()].map(({ name, job }) => ({ name, job })),
    queues: [...registry.queues],
  };
}

/** Who runs what at one moment, over all workers that live. */
export interface FleetView {
  /** Changes with every worker that comes or goes. */
  readonly revision: string;
  /** When it was read, by Redis's clock, in milliseconds since the epoch. */
  readonly at: number;
  handlersFor(event: EventKind): readonly AnnouncedHandler[];
  /** Whether a handler of this provider's events has a rule for those of one subject: then all of them are dispatched. */
  hasSubjectRule(provider: string): boolean;
  /** Whether a handler that left less than `within` milliseconds ago would want this event. */
  isMissed(event: EventKind, within: number): boolean;
  readonly handlers: ReadonlyMap<string, AnnouncedHandler>;
  readonly jobs: ReadonlyMap<string, AnnouncedJob>;
  readonly schedules: ReadonlyMap<string, AnnouncedSchedule>;
  /** The queues that somebody works on. */
  readonly queues: ReadonlySet<string>;
  readonly departed: Departed;
  /** Whether a worker on this queue knows the handler or job. */
  isKnownIn(queue: string, kind: 'handlers' | 'jobs', name: string): boolean;
}

export function createFleetView(
  revision: string,
  at: number,
  announcements: readonly Announcement[],
  departed: Departed,
): FleetView {
  const oldestFirst = announcements.toSorted((a, b) => a.startedAt - b.startedAt);
  const newest = <Kind extends 'handlers' | 'jobs' | 'schedules'>(kind: Kind) =>
    new Map(oldestFirst.flatMap((each) => each[kind].map((one) => [one.name, one] as const))) as Map<
      string,
      Announcement[Kind][number]
    >;
  const handlers = newest('handlers');
  const ruled = new Set([...handlers.values()].flatMap((each) => (each.subjectRule ? [each.provider] : [])));
  return {
    revision,
    at,
    handlers,
    jobs: newest('jobs'),
    schedules: newest('schedules'),
    queues: new Set(announcements.flatMap(({ queues }) => queues)),
    departed,
    handlersFor: (event) => [...handlers.values()].filter((handler) => wants(handler, event)),
    hasSubjectRule: (provider) => ruled.has(provider),
    isMissed: (event, within) =>
      departed.handlers.some((handler) => at - handler.leftAt < within && wants(handler, event)),
    isKnownIn: (queue, kind, name) =>
      announcements.some(
        (each) => each.queues.includes(queue) && each[kind].some((one) => one.name === name),
      ),
  };
}
