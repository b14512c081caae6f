import type { Partition } from '../client/partition.ts';

const PAGE = 500;

export interface DiscardedParts {
  readonly partition: Partition;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that an event, and a job, is kept after its end. */
  readonly retention: number;
  readonly jobRetention: number;
}

/**
 * Lets go of events and jobs whose dead letters somebody took away by hand: without this they are kept for ever. Looks at
 * one page of each list, and at the next one the next time.
 */
export function createDiscardedSearch(parts: DiscardedParts): () => Promise<void> {
  const { partition, now, retention, jobRetention } = parts;
  const { keys } = partition;
  const lists = [
    { kind: 'event', list: keys.eventsOfStatus('dead'), skip: 0 },
    { kind: 'job', list: keys.jobsOfStatus('failed'), skip: 0 },
  ];
  return async () => {
    for (const each of lists) {
      const { kind, list, skip } = each;
      const [looked, concluded] = (await partition.run('conclude-discarded', {
        keys: { list },
        args: { kind, skip, count: PAGE, now: now(), eventRetention: retention, jobRetention },
      })) as [number, number];
      each.skip = looked < PAGE ? 0 : skip + looked - concluded;
    }
  };
}
