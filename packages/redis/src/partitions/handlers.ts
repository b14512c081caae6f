import { actDone } from '@hookline/core';
import type { Partitions } from '../client/partitions.ts';
import * as brakes from '../run/brake/brakes.ts';
import { noteAct } from '../events/notes.ts';
import * as handlers from '../operators/handlers.ts';
import { answersOf, inEach } from './ask.ts';
import { merged } from './merged.ts';

/** The paused handlers, by name: since the first pause of those of its partitions, with what waits in all of them. */
export async function pausedHandlers(
  partitions: Partitions,
): Promise<ReadonlyMap<string, handlers.HandlerPause>> {
  return merged(await answersOf(partitions, handlers.pausedHandlers), (one, other) => ({
    ...(other.at < one.at ? other : one),
    held: one.held + other.held,
  }));
}

/** The handlers whose brakes are on, by name. A handler may be braked in some partitions only: each finds out for itself. */
export async function brakedHandlers(
  partitions: Partitions,
): Promise<ReadonlyMap<string, brakes.HandlerBrake>> {
  return merged(await answersOf(partitions, brakes.brakedHandlers), bothBrakes);
}

/** Since the earlier of them, as far as the one that is less far. */
function bothBrakes(one: brakes.HandlerBrake, other: brakes.HandlerBrake): brakes.HandlerBrake {
  const { nextProbeAt: _, ...first } = other.since < one.since ? other : one;
  const probes = [one, other].flatMap(({ nextProbeAt }) => nextProbeAt ?? []);
  return {
    ...first,
    phase: [one, other].some(({ phase }) => phase === 'probing') ? 'probing' : 'releasing',
    ...(probes.length === 0 ? {} : { nextProbeAt: Math.min(...probes) }),
    held: one.held + other.held,
  };
}

/**
 * Has the deliveries of a handler wait, in all partitions.
 * @returns false when it was paused in all of them already
 * @throws Error that says in which it could not be paused: it waits in the others, and asking again completes it
 */
export function pauseHandler(
  partitions: Partitions,
  handler: string,
  why: handlers.HandlerAct,
): Promise<boolean> {
  return turnAll(partitions, { turn: handlers.pauseHandler, action: 'handler.pause' }, handler, why);
}

/**
 * Lets a handler go on, in all partitions. See operators/handlers.ts.
 * @returns false when it was neither paused nor braked in any
 * @throws Error as of a pause
 */
export function resumeHandler(
  partitions: Partitions,
  handler: string,
  why: handlers.HandlerAct,
): Promise<boolean> {
  return turnAll(partitions, { turn: handlers.resumeHandler, action: 'handler.resume' }, handler, why);
}

async function turnAll(
  partitions: Partitions,
  { turn, action }: { readonly turn: typeof handlers.pauseHandler; readonly action: string },
  handler: string,
  why: handlers.HandlerAct,
): Promise<boolean> {
  const { home } = partitions;
  const [isTurnedAtHome = false, ...elsewhere] = await inEach(partitions, (partition) =>
    turn(partition, handler, { ...why, isNoted: partition === home }),
  );
  const isTurned = isTurnedAtHome || elsewhere.includes(true);
  if (isTurned && !isTurnedAtHome) await noteAct(home, actDone(why.by, action, handler, why.reason));
  return isTurned;
}
