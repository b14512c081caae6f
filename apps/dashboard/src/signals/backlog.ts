import type { QueueDepths, SystemState } from '@hookline/redis';
import { countOf, spanOf } from '../kit/amounts.ts';
import type { Signal } from './signal.ts';

/** How long a queue has to grow, and how far from that the depth may be noted which it is compared with. */
const GROWS_MS = 5 * 60_000;
const SPREAD_MS = 2 * 60_000;
/** Fewer more, absolutely and of what waited before, are no growth. */
const FEWEST = 10;
const SHARE = 0.1;
const OLD_MS = 60_000;

/**
 * One for each queue that was never empty for five minutes, holds clearly more than before them, and whose next job has
 * waited for more than a minute. One that is paused, or that nobody works on, is told of for that.
 * @param depths what waited when, newest first
 * @param oldest when each queue's next job was made
 */
export function backlogSignals(
  { at, queues }: Pick<SystemState, 'at' | 'queues'>,
  depths: readonly QueueDepths[],
  oldest: ReadonlyMap<string, number>,
): readonly Signal[] {
  const before = depths.find((each) => at - each.at >= GROWS_MS);
  if (before === undefined || at - before.at > GROWS_MS + SPREAD_MS) return [];
  const since = depths.filter((each) => each.at >= before.at);
  return queues.flatMap(({ name, waiting: inTurn, prioritized, paused, unworkedSince }) => {
    const waiting = inTurn + prioritized;
    const [was, age] = [before.waiting[name] ?? 0, at - (oldest.get(name) ?? at)];
    const wasEmpty = since.some((each) => (each.waiting[name] ?? 0) === 0);
    const grows = waiting - was >= Math.max(FEWEST, SHARE * was);
    if (paused || unworkedSince !== undefined || wasEmpty || !grows || age <= OLD_MS) return [];
    return [
      {
        kind: 'backlog',
        key: `backlog:${name}`,
        title: `The queue ${name} grows`,
        says: [
          'The queue ',
          name,
          ` grows: ${countOf(waiting, 'job')} wait, ${waiting - was} more than ${spanOf(at - before.at)} ago, the next one for ${spanOf(age)}. Add workers, or see what holds them up.`,
        ],
        path: '/admin/backlog',
      },
    ];
  });
}

/** What waits now, to be compared with later. */
export function depthsOf({ at, queues }: Pick<SystemState, 'at' | 'queues'>): QueueDepths {
  return {
    at,
    waiting: Object.fromEntries(
      queues.map(({ name, waiting, prioritized }) => [name, waiting + prioritized]),
    ),
  };
}
