import { brakedState, type BrakeFacts, type BrakeState, type FailureIdentity } from '@hookline/core';
import type { Partition } from '../../client/partition.ts';

/** What the names of braked handlers begin with among the paused ones: no handler's own name has a slash. */
export const BRAKE = 'brake/';

/** A handler's brake while it is on. Times in milliseconds since the epoch. */
export interface HandlerBrake {
  readonly since: number;
  /** The process that put it on, as host and pid. */
  readonly by: string;
  /** The way of failing that all but stopped the handler. */
  readonly fingerprint: string;
  readonly title: string;
  readonly phase: BrakeState['phase'];
  /** When one delivery is let through to see whether it succeeds; nothing while what waits is let go. */
  readonly nextProbeAt?: number;
  /** How many of its deliveries wait. */
  readonly held: number;
}

export async function brakedNames({ connection, keys }: Partition): Promise<readonly string[]> {
  const names = await connection.hkeys(keys.pausedHandlers);
  return names.filter((name) => name.startsWith(BRAKE)).map((name) => name.slice(BRAKE.length));
}

/** The handlers whose brakes are on, by name. */
export async function brakedHandlers(partition: Partition): Promise<ReadonlyMap<string, HandlerBrake>> {
  const names = await brakedNames(partition);
  const brakes = await Promise.all(names.map((name) => readHandlerBrake(partition, name)));
  return new Map(brakes.flatMap((brake, nth) => (brake === undefined ? [] : [[names[nth] ?? '', brake]])));
}

async function readHandlerBrake(
  { connection, keys }: Partition,
  handler: string,
): Promise<HandlerBrake | undefined> {
  const [[since, by, fingerprint, title, text], held] = await Promise.all([
    connection.hmget(keys.brake(handler), 'since', 'by', 'fingerprint', 'title', 'state'),
    connection.scard(keys.heldFor(handler)),
  ]);
  if (since == null) return undefined;
  const state = stateFrom(text ?? '');
  return {
    since: Number(since),
    by: by ?? 'unknown',
    fingerprint: fingerprint ?? '',
    title: title ?? '',
    phase: state?.phase ?? 'probing',
    ...(state?.phase === 'probing' ? { nextProbeAt: state.nextAt } : {}),
    held,
  };
}

/** Anybody with Redis can write there. */
function stateFrom(text: string): BrakeState | undefined {
  try {
    const state = JSON.parse(text) as BrakeState;
    return state.phase === 'probing' || state.phase === 'releasing' ? state : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Has a handler's deliveries wait until what it depends on answers again.
 * @returns `known` when that was decided before; `again` when the brake was letting go already
 */
export async function putBrakeOn(
  partition: Partition,
  handler: string,
  {
    failure,
    by,
    now,
    random,
  }: {
    readonly failure: FailureIdentity;
    readonly by: string;
    readonly now: number;
    readonly random: number;
  },
): Promise<'braked' | 'again' | 'known'> {
  const { keys } = partition;
  return partition.run('put-brake-on', {
    keys: { paused: keys.pausedHandlers, brake: keys.brake(handler), passes: keys.brakePasses(handler) },
    args: { handler, now, by, ...failure, state: JSON.stringify(brakedState(now, random)) },
  });
}

/** How far a brake is, as Redis had it. */
export interface ReadBrake {
  readonly state: BrakeState;
  /** What names this moment: a step decided on it is refused after another one. */
  readonly text: string;
  readonly facts: BrakeFacts;
}

/** A job that was let through begins within this; a worker that takes it may be slow to. Milliseconds. */
const GRACE_MS = 2_000;

/**
 * @param looks at how many of those that were let through it is looked whether they will ever run
 * @returns `undefined` when the handler is not braked
 */
export async function readBrake(
  partition: Partition,
  handler: string,
  { now, random, looks }: { readonly now: number; readonly random: number; readonly looks: number },
): Promise<ReadBrake | undefined> {
  const { keys } = partition;
  const [kind, state, ...numbers] = await partition.run('read-brake', {
    keys: {
      paused: keys.pausedHandlers,
      brake: keys.brake(handler),
      passes: keys.brakePasses(handler),
      held: keys.heldFor(handler),
    },
    args: { handler, looks, grace: GRACE_MS },
  });
  if (kind === 'off') return undefined;
  const [held = 0, underWay = 0, succeeded = 0, failed = 0, other = 0, isPaused = 0] = numbers.map(Number);
  const text = String(state);
  return {
    state: stateFrom(text) ?? brakedState(now, random),
    text,
    facts: { held, underWay, succeeded, failed, other, isPaused: isPaused === 1 },
  };
}

/** @returns false when another step was taken meanwhile: nothing was changed */
export async function turnBrake(
  partition: Partition,
  handler: string,
  { text, facts }: ReadBrake,
  { state, lets, revokes }: { readonly state: BrakeState; readonly lets: number; readonly revokes: boolean },
): Promise<boolean> {
  const { keys } = partition;
  const { succeeded, failed, other } = facts;
  const reply = await partition.run('turn-brake', {
    keys: { brake: keys.brake(handler), passes: keys.brakePasses(handler), held: keys.heldFor(handler) },
    args: {
      was: text,
      state: JSON.stringify(state),
      phase: state.phase,
      lets,
      revokes: revokes ? 1 : '',
      succeeded,
      failed,
      other,
    },
  });
  return reply === 'turned';
}

/** Takes the brake off, and lets what waited for it go. @returns false when another step was taken meanwhile */
export async function liftBrake(
  partition: Partition,
  handler: string,
  { text }: ReadBrake,
): Promise<boolean> {
  const { keys } = partition;
  const reply = await partition.run('lift-brake', {
    keys: {
      paused: keys.pausedHandlers,
      brake: keys.brake(handler),
      passes: keys.brakePasses(handler),
      held: keys.heldFor(handler),
    },
    args: { handler, was: text },
  });
  return reply === 'lifted';
}

/** Redis does nothing else while it runs a script: 200 jobs are about 5 ms. */
const MOST_LET_GO = 200;

/** Puts what waits for a handler where it is taken next, unless the handler is paused or braked. */
export async function letGo(partition: Partition, handler: string): Promise<void> {
  const { keys } = partition;
  const call = {
    keys: { held: keys.heldFor(handler), paused: keys.pausedHandlers },
    args: { handler, most: MOST_LET_GO },
  };
  while (Number(await partition.run('let-go', call)) > 0);
}
