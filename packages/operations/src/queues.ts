import type { ActivityRange, HandlerSummary } from '@hookline/core';
import { oldestWaiting, readDepths, type QueueDepth, type SystemState } from '@hookline/redis';
import type { EventLog } from './event-log.ts';

/** A queue with what its handlers did of late. */
export interface QueueView extends QueueDepth {
  /** When the job was made that it hands out next, in milliseconds since the epoch; absent while none waits. */
  readonly oldestAt?: number;
  /** How many waited at each moment that is known, oldest first; the last minutes, where a dashboard notes them. */
  readonly depths: readonly number[];
  /** Of its handlers, in the time that was asked for; `failed`: tried again, or dead. */
  readonly attempts: { readonly succeeded: number; readonly failed: number; readonly dead: number };
  /** Milliseconds that runs of the slowest of its handlers took. */
  readonly runP50?: number;
  readonly runP99?: number;
}

/** The queues of an installation, in its own order. @param state as it was read a moment ago */
export async function loadQueues(
  log: EventLog,
  { queues }: Pick<SystemState, 'queues'>,
  range: ActivityRange,
): Promise<readonly QueueView[]> {
  const history = await log.history();
  const [ran, fleet, depths, oldest] = await Promise.all([
    history?.handlers(range) ?? [],
    log.fleet(),
    readDepths(log.partitions),
    oldestWaiting(
      log.partitions,
      queues.map(({ name }) => name),
    ),
  ]);
  return queues.map((queue) => {
    const its = ran.filter(({ handler }) => fleet.handlers.get(handler)?.queue === queue.name);
    const oldestAt = oldest.get(queue.name);
    return {
      ...queue,
      ...(oldestAt === undefined ? {} : { oldestAt }),
      depths: depths.map(({ waiting }) => waiting[queue.name] ?? 0).toReversed(),
      ...sumsOf(its),
    };
  });
}

function sumsOf(ran: readonly HandlerSummary[]) {
  const sum = (of: 'succeeded' | 'failed' | 'dead') => ran.reduce((total, each) => total + each[of], 0);
  const slowest = ran.toSorted((a, b) => (b.runP99 ?? 0) - (a.runP99 ?? 0))[0];
  return {
    attempts: { succeeded: sum('succeeded'), failed: sum('failed'), dead: sum('dead') },
    ...(slowest?.runP50 === undefined ? {} : { runP50: slowest.runP50 }),
    ...(slowest?.runP99 === undefined ? {} : { runP99: slowest.runP99 }),
  };
}
