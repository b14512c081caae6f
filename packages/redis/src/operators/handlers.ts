import { actDone, releasedState } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { actText } from '../events/notes.ts';
import { BRAKE, letGo } from '../run/brake/brakes.ts';

/** Why a handler gets no work. */
export interface HandlerPause {
  /** Since when, in milliseconds since the epoch. */
  readonly at: number;
  readonly by: string;
  readonly reason?: string;
  /** How many of its deliveries were to run since, and wait. */
  readonly held: number;
}

/** The paused handlers, by name. */
export async function pausedHandlers({
  connection,
  keys,
}: Partition): Promise<ReadonlyMap<string, HandlerPause>> {
  const all = Object.entries(await connection.hgetall(keys.pausedHandlers));
  const noted = all.filter(([name]) => !name.startsWith(BRAKE));
  const pauses = noted.map(async ([name, text]): Promise<[string, HandlerPause]> => {
    const held = await connection.scard(keys.heldFor(name));
    return [name, { ...pauseFrom(text), held }];
  });
  return new Map(await Promise.all(pauses));
}

/** Who pauses a handler, or lets it go on, and why. */
export interface HandlerAct {
  readonly by: string;
  readonly reason?: string | undefined;
  readonly now: number;
  /** Whether it is written down here, as it is unless said: once for all partitions. */
  readonly isNoted?: boolean;
}

/** Anybody with Redis can write there. */
function pauseFrom(text: string): Omit<HandlerPause, 'held'> {
  try {
    const { at, by, reason } = JSON.parse(text) as Partial<HandlerPause>;
    return { at: Number(at), by: String(by), ...(reason === undefined ? {} : { reason: String(reason) }) };
  } catch {
    return { at: 0, by: 'unknown' };
  }
}

/**
 * Has the deliveries of a handler wait, without an attempt spent; what runs already runs to its end. The events are
 * accepted as ever, and their other handlers get them.
 * @returns false when it was paused already
 */
export async function pauseHandler(
  partition: Partition,
  handler: string,
  { by, reason, now, isNoted = true }: HandlerAct,
): Promise<boolean> {
  const { keys } = partition;
  const why = reason === undefined || reason === '' ? {} : { reason };
  const reply = await partition.run('pause-handler', {
    keys: { paused: keys.pausedHandlers },
    args: {
      handler,
      pause: JSON.stringify({ at: now, by, ...why }),
      act: actText(isNoted ? actDone(by, 'handler.pause', handler, reason) : undefined),
    },
  });
  return reply === 'paused';
}

/**
 * Lets a handler go on that is paused, with what waits for it, or whose brake is on: that lets go more and more, and is on
 * again as soon as one of them fails as before.
 * @returns false when it is neither, or its brake lets go already
 */
export async function resumeHandler(
  partition: Partition,
  handler: string,
  { by, reason, now, isNoted = true }: HandlerAct,
): Promise<boolean> {
  const { keys } = partition;
  const reply = await partition.run('resume-handler', {
    keys: { paused: keys.pausedHandlers, brake: keys.brake(handler) },
    args: {
      handler,
      act: actText(isNoted ? actDone(by, 'handler.resume', handler, reason) : undefined),
      state: JSON.stringify(releasedState(now)),
    },
  });
  // One that was let go before may have left some here by dying at it.
  await letGo(partition, handler);
  return reply === 'resumed';
}
