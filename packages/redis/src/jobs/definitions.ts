import { DEFAULT_QUEUE, type Registry } from '@hookline/core';
import type { Partition } from '../client/partition.ts';

/** What one worker says of one job. */
interface Announced {
  readonly queue: string;
}

/** How long a reader may believe what it read: a new job's name is looked up again before it is refused. */
const FRESH_MS = 5_000;

/** Tells receivers, which import no job, what this worker can run. */
export async function announceJobs(partition: Partition, registry: Registry): Promise<void> {
  const announced = [...registry.jobs.values()].map(({ name, queue }) => [
    name,
    JSON.stringify({ queue } satisfies Announced),
  ]);
  if (announced.length > 0)
    await partition.connection.hset(partition.keys.jobDefinitions, Object.fromEntries(announced));
}

/** The jobs that workers have told of. */
export interface JobDefinitions {
  /** @returns the queue of each job by name, or the names that no worker ever knew */
  queuesOf(
    names: readonly string[],
  ): Promise<
    { queues: ReadonlyMap<string, string> } | { unknown: readonly string[]; known: readonly string[] }
  >;
}

export function openJobDefinitions(partition: Partition, now: () => number): JobDefinitions {
  let known = new Map<string, string>();
  let readAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<void> {
    const entries = Object.entries(await partition.connection.hgetall(partition.keys.jobDefinitions));
    known = new Map(entries.map(([name, json]) => [name, (JSON.parse(json) as Announced).queue]));
    readAt = now();
  }

  return {
    async queuesOf(names) {
      const isKnown = (name: string): boolean => known.has(name);
      if (now() - readAt > FRESH_MS || !names.every(isKnown)) await read();
      // Jobs may be added before any worker ever started: then nobody can say which names are wrong.
      if (known.size === 0) return { queues: new Map(names.map((name) => [name, DEFAULT_QUEUE])) };
      const unknown = names.filter((name) => !isKnown(name));
      return unknown.length === 0 ? { queues: known } : { unknown, known: [...known.keys()].toSorted() };
    },
  };
}
