import { DEFAULT_QUEUE, type FleetView } from '@hookline/core';
import type { Fleet } from '../fleet/fleet.ts';

/** The jobs that workers have told of. */
export interface JobDefinitions {
  /** @returns the queue of each job by name, or the names that no worker knows */
  queuesOf(
    names: readonly string[],
  ): Promise<
    { queues: ReadonlyMap<string, string> } | { unknown: readonly string[]; known: readonly string[] }
  >;
}

/** A job whose last worker left less than this many milliseconds ago is taken to come back. */
const AWAY_MS = 3_600_000;

export function openJobDefinitions(fleet: Fleet): JobDefinitions {
  return {
    async queuesOf(names) {
      let queues = knownIn(await fleet.view());
      // A new job's name is looked up again before it is refused.
      if (!names.every((name) => queues.has(name))) queues = knownIn(await fleet.refresh());
      // Jobs may be added before any worker ever started: then nobody can say which names are wrong.
      if (queues.size === 0) return { queues: new Map(names.map((name) => [name, DEFAULT_QUEUE])) };
      const unknown = names.filter((name) => !queues.has(name));
      return unknown.length === 0 ? { queues } : { unknown, known: [...queues.keys()].toSorted() };
    },
  };
}

/** The queues of all jobs that are announced, or that only seem to be away: while nobody is there, all are. */
function knownIn({ jobs, queues, departed, at }: FleetView): ReadonlyMap<string, string> {
  const away = departed.jobs.filter(({ leftAt }) => queues.size === 0 || at - leftAt < AWAY_MS);
  return new Map([...away, ...jobs.values()].map(({ name, queue }) => [name, queue]));
}
