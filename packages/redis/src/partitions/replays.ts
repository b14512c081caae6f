import type { EventId, FleetView } from '@hookline/core';
import type { Partitions } from '../client/partitions.ts';
import * as work from '../operators/replays/replayed.ts';
import * as plans from '../operators/replays/replays.ts';
import { answersOf, atHome, firstOf, holderOf, inEach } from './ask.ts';

/**
 * A replay over many partitions is two things: the plan, at home, of which events it is for and how far it is; and in each
 * partition what it queued there and how that ended, noted in the step that queues or ends it. So no step is in two
 * partitions, and what is asked for again after a death finds what was queued.
 */

/** Begins a replay. @returns its id; that of the same one when it was asked for a moment ago */
export const beginReplay = atHome(plans.beginReplay);

/** Gives a replay another state, if it stands in one of `from`. @returns false when it stands elsewhere */
export const turnReplay = atHome(plans.turnReplay);

/** The events of a replay from a position on. */
export const replayEvents = atHome(plans.replayEvents);

/** Notes that an event of a replay was looked at, and why nothing of it was queued, if so. */
export const advanceReplay = atHome(plans.advanceReplay);

/** Whether this process is the one that carries replays out, now and for the next `duration` milliseconds. */
export const leadReplays = atHome(plans.leadReplays);

/** Where a replay stands now. */
export const replayStateOf = atHome(plans.replayStateOf);

/** A replay with what it came to in all partitions that answer. */
export async function findReplay(
  { home, all: [, ...others] }: Partitions,
  id: string,
): Promise<plans.Replay | undefined> {
  const [replay, ...tallies] = await Promise.all([
    plans.findReplay(home, id),
    ...others.map((partition) => work.tallyOf(partition, id).catch(() => undefined)),
  ]);
  if (replay === undefined || others.length === 0) return replay;
  const away = tallies.flatMap((tally, index) => (tally === undefined ? [index + 1] : []));
  const known = [replay, ...tallies.filter((tally) => tally !== undefined)];
  const sum = (of: keyof work.ReplayTally) => known.reduce((total, tally) => total + tally[of], 0);
  return {
    ...replay,
    queued: sum('queued'),
    open: sum('open'),
    succeeded: sum('succeeded'),
    dead: sum('dead'),
    other: sum('other'),
    ...(away.length === 0 ? {} : { away }),
  };
}

/** The newest first. */
export async function listReplays(partitions: Partitions, most: number): Promise<readonly plans.Replay[]> {
  return found(partitions, await plans.replayIds(partitions.home, most));
}

/** Those that are not over, or whose work has not ended. */
export async function replaysUnderWay(partitions: Partitions): Promise<readonly plans.Replay[]> {
  return found(partitions, await plans.idsUnderWay(partitions.home));
}

async function found(partitions: Partitions, ids: readonly string[]): Promise<readonly plans.Replay[]> {
  const all = await Promise.all(ids.map((id) => findReplay(partitions, id)));
  return all.filter((replay) => replay !== undefined);
}

/** Forgets what a replay needed to go on, once it is over and its work has ended in all partitions. */
export async function endReplay(partitions: Partitions, id: string): Promise<void> {
  const {
    home,
    all: [, ...others],
  } = partitions;
  if (others.length > 0) {
    const replay = await findReplay(partitions, id);
    if (replay === undefined || replay.open > 0 || replay.away !== undefined) return;
    await Promise.all(others.map((partition) => plans.fadeReplay(partition, id)));
  }
  await plans.endReplay(home, id);
}

/** Queues one delivery of an event for a replay, once, however often it is asked for. See operators/replays/replayed.ts. */
export async function replayDelivery(
  partitions: Partitions,
  replay: string,
  delivery: work.ReplayedDelivery,
  fleet: FleetView,
  now: number,
): Promise<work.Queued> {
  const holder = await holderOf(partitions, delivery.event);
  return holder === undefined ? 'gone' : work.replayDelivery(holder, replay, delivery, fleet, now);
}

/** Has an event that no handler had dispatched once more. */
export async function replayEvent(
  partitions: Partitions,
  replay: string,
  event: { readonly id: EventId; readonly source: string; readonly provider: string; readonly type: string },
  now: number,
): Promise<work.Queued> {
  const holder = await holderOf(partitions, event.id);
  return holder === undefined ? 'gone' : work.replayEvent(holder, replay, event, now);
}

/** What a replay has queued and has not seen the end of. @param most of each partition */
export async function openRunsOf(
  partitions: Partitions,
  id: string,
  most: number,
): Promise<readonly work.OpenRun[]> {
  return (await answersOf(partitions, (partition) => work.openRunsOf(partition, id, most))).flat();
}

/** Whether the job that dispatches an event anew has not ended. */
export async function isDispatching(partitions: Partitions, replay: string, event: string): Promise<boolean> {
  const found = await firstOf(partitions, async (partition) =>
    (await work.isDispatching(partition, replay, event)) ? true : undefined,
  );
  return found ?? false;
}

/** Counts how a piece of a replay's work ended, once, where it lies. */
export async function concludeReplayed(
  partitions: Partitions,
  id: string,
  letter: string,
  outcome: work.ReplayedOutcome,
): Promise<void> {
  await inEach(partitions, (partition) => work.concludeReplayed(partition, id, letter, outcome));
}
