import { byName, type EventCounts, type PartitionCounts, type QueueDepth } from '../operators/counts.ts';
import { merged } from './merged.ts';
import type { CountedPartition } from './nodes.ts';

/** What stands in several partitions, as if it stood in one. */
export function sumOf([first, ...others]: readonly [CountedPartition, ...CountedPartition[]]): Omit<
  PartitionCounts,
  'server'
> {
  const { server: _, ...counts } = first.counts;
  if (others.length === 0) return counts;
  const all = [first, ...others];
  return {
    at: counts.at,
    queues: queuesOf(all),
    deadLetters: all.reduce((sum, each) => sum + each.counts.deadLetters, 0),
    events: all.map((each) => each.counts.events).reduce(bothEvents),
    sweeper: sweeperOf(all),
    unknown: [...new Set(all.flatMap((each) => each.counts.unknown))].toSorted(),
  };
}

function queuesOf(all: readonly CountedPartition[]): readonly QueueDepth[] {
  const depths = merged(
    all.map(({ counts }) => new Map(counts.queues.map((queue) => [queue.name, queue]))),
    bothDepths,
  );
  return [...depths.values()].toSorted(byName).map((depth) => {
    const its = all.filter(({ counts }) => counts.queues.some(({ name }) => name === depth.name));
    const pausedIn = its
      .filter(({ counts }) => counts.queues.some(({ name, paused }) => name === depth.name && paused))
      .map(({ number }) => number);
    // A partition in which nobody has put anything into the queue yet does not know of it.
    const paused = pausedIn.length === its.length;
    return paused || pausedIn.length === 0 ? { ...depth, paused } : { ...depth, paused, pausedIn };
  });
}

function bothDepths(one: QueueDepth, other: QueueDepth): QueueDepth {
  const since = [one, other].flatMap(({ unworkedSince }) => unworkedSince ?? []);
  return {
    name: one.name,
    waiting: one.waiting + other.waiting,
    prioritized: one.prioritized + other.prioritized,
    active: one.active + other.active,
    delayed: one.delayed + other.delayed,
    completed: one.completed + other.completed,
    failed: one.failed + other.failed,
    paused: one.paused && other.paused,
    ...(since.length === 0 ? {} : { unworkedSince: Math.min(...since) }),
  };
}

function bothEvents(one: EventCounts, other: EventCounts): EventCounts {
  return {
    received: one.received + other.received,
    queued: one.queued + other.queued,
    dispatched: one.dispatched + other.dispatched,
    dead: one.dead + other.dead,
    settled: one.settled + other.settled,
  };
}

/** Each partition has its own sweeper: what they repaired is summed, and the one that ran the longest ago says when. */
function sweeperOf(all: readonly CountedPartition[]): Readonly<Record<string, number>> {
  const told = all.map(({ counts }) => new Map(Object.entries(counts.sweeper)));
  const { ranAt: _, ...repairs } = Object.fromEntries(merged(told, (one, other) => one + other));
  const ranAt = told.flatMap((each) => each.get('ranAt') ?? []);
  return ranAt.length === 0 ? repairs : { ...repairs, ranAt: Math.min(...ranAt) };
}
