import { DEFAULT_QUEUE, deliveryIdOf, type EventId, type FleetView } from '@hookline/core';
import type { Partition } from '../../client/partition.ts';

/** How a piece of a replay's work ended. */
export type ReplayedOutcome = 'succeeded' | 'dead' | 'other';

export type Queued = 'queued' | 'before' | 'open' | 'gone' | 'shed';

/** What a replay came to in one partition: what it queued there, and how that ended, is noted where the work lies. */
export interface ReplayTally {
  /** Deliveries that it queued. */
  readonly queued: number;
  /** Those of them that have not ended. */
  readonly open: number;
  readonly succeeded: number;
  readonly dead: number;
  /** No handler wanted the event this time either, or it was discarded meanwhile. */
  readonly other: number;
}

const OUTCOMES = ['succeeded', 'dead', 'other'] as const satisfies readonly ReplayedOutcome[];

export async function tallyOf({ connection, keys }: Partition, id: string): Promise<ReplayTally> {
  const [counts, open, queued] = await Promise.all([
    connection.hmget(keys.replay(id), ...OUTCOMES),
    connection.scard(keys.replayOpen(id)),
    connection.hlen(keys.replayRuns(id)),
  ]);
  const [succeeded = 0, dead = 0, other = 0] = counts.map(Number);
  return { queued, open, succeeded, dead, other };
}

/** One delivery of an event that is to be run again. */
export interface ReplayedDelivery {
  readonly event: EventId;
  readonly handler: string;
  /** Whether the handler's filter is to be asked again: not where the replay names the handler. */
  readonly asks: boolean;
}

/** Queues one delivery of an event for a replay, once, however often it is asked for. */
export async function replayDelivery(
  partition: Partition,
  replay: string,
  { event, handler, asks }: ReplayedDelivery,
  fleet: FleetView,
  now: number,
): Promise<Queued> {
  const { keys } = partition;
  const letter = deliveryIdOf(event, handler);
  const queuedId = `${letter}~replay-${replay}`;
  const { queue = DEFAULT_QUEUE, where } = fleet.handlers.get(handler) ?? {};
  const asksFilter = asks && where !== undefined;
  return partition.run('replay-delivery-again', {
    keys: {
      event: keys.event(event),
      runs: keys.replayRuns(replay),
      open: keys.replayOpen(replay),
      attempts: keys.attempts(letter),
    },
    args: { letter, id: event, handler, now, queue, queuedId },
    add: {
      run: partition.add({
        queue,
        jobId: queuedId,
        name: handler,
        work: { kind: 'delivery', event, handler, ...(asksFilter ? { asksFilter } : {}) },
        timestamp: now,
      }),
    },
  });
}

/** Has an event that no handler had dispatched once more. */
export async function replayEvent(
  partition: Partition,
  replay: string,
  event: { readonly id: EventId; readonly source: string; readonly provider: string; readonly type: string },
  now: number,
): Promise<Queued> {
  const { keys } = partition;
  const { id, source, provider, type } = event;
  const queuedId = `${id}~again-${replay}`;
  return partition.run('replay-event-again', {
    keys: {
      event: keys.event(id),
      runs: keys.replayRuns(replay),
      open: keys.replayOpen(replay),
      unclaimed: keys.eventsUnclaimed,
    },
    args: { id, queue: DEFAULT_QUEUE, queuedId },
    add: {
      again: partition.add({
        queue: DEFAULT_QUEUE,
        jobId: queuedId,
        name: type,
        work: { kind: 'event', event: id, source, provider, type },
        timestamp: now,
      }),
    },
  });
}

/** What a replay has queued and has not seen the end of. */
export interface OpenRun {
  /** A delivery's id, or an event's that is dispatched anew. */
  readonly letter: string;
  /** Whether it has failed at least once since. */
  readonly isFailing: boolean;
}

export async function openRunsOf(
  { connection, keys }: Partition,
  id: string,
  most: number,
): Promise<readonly OpenRun[]> {
  const letters = await connection.srandmember(keys.replayOpen(id), most);
  if (letters.length === 0) return [];
  const notes = await connection.hmget(keys.replayRuns(id), ...letters);
  const counts = await Promise.all(letters.map((letter) => connection.llen(keys.attempts(letter))));
  return letters.map((letter, index) => ({
    letter,
    isFailing: (counts[index] ?? 0) > Number(notes[index]?.split('|').at(-1) ?? 0),
  }));
}

/** Whether the job that dispatches an event anew has not ended. */
export async function isDispatching(
  { connection, keys }: Partition,
  replay: string,
  event: string,
): Promise<boolean> {
  const job = keys.bullJob(DEFAULT_QUEUE, `${event}~again-${replay}`);
  const [timestamp, finishedOn] = await connection.hmget(job, 'timestamp', 'finishedOn');
  return timestamp != null && finishedOn == null;
}

/** Counts how a piece of a replay's work ended, once. */
export async function concludeReplayed(
  partition: Partition,
  id: string,
  letter: string,
  outcome: ReplayedOutcome,
): Promise<void> {
  await partition.run('conclude-replayed', {
    keys: { replay: partition.keys.replay(id), open: partition.keys.replayOpen(id) },
    args: { letter, outcome },
  });
}
