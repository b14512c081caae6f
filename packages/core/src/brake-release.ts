/** How far a handler's brake is on its way to letting go. Times in milliseconds since the epoch. */
export type BrakeState =
  /** Everything waits; now and then one delivery is let through to see whether it succeeds. */
  | {
      readonly phase: 'probing';
      /** Probes that failed since the brake went on: the waits between them grow. */
      readonly round: number;
      /** When the next one is due. */
      readonly nextAt: number;
    }
  /** A probe succeeded: what waits is let go, more each second. */
  | {
      readonly phase: 'releasing';
      readonly round: number;
      /** How many may be under way, and be let through within one second; 0 within the first one. */
      readonly quota: number;
      /** When this second began, and how many were let through in it. */
      readonly since: number;
      readonly given: number;
      /** How many have succeeded since the quota grew last. */
      readonly proven: number;
    };

/** What has become of a braked handler since the last step. */
export interface BrakeFacts {
  /** Deliveries that wait for the brake. */
  readonly held: number;
  /** Deliveries that were let through and have not ended. */
  readonly underWay: number;
  /** Of those let through: how many succeeded, and how many failed in the way for which the handler is braked. */
  readonly succeeded: number;
  readonly failed: number;
  /** How many ended otherwise: another error, or somebody took them away. That says nothing of the downstream. */
  readonly other: number;
  /** An operator has paused the handler as well: nothing may pass. */
  readonly isPaused: boolean;
}

/** What is to be done with a braked handler now. */
export type BrakeStep =
  /** `lets`: how many more may pass. `revokes`: what may pass and has not begun, may not any more. */
  | { readonly kind: 'go-on'; readonly state: BrakeState; readonly lets: number; readonly revokes: boolean }
  /** The brake is off, and the rest goes with it: few enough to be let go in one step. */
  | { readonly kind: 'lift' };

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 120_000;
/** Several brakes that went on together do not probe together. */
const JITTER = 0.2;
/** A probe that hangs is not waited for, up to so many. */
const MOST_PROBES = 3;
/** Nothing has waited for so long: the next attempts show whether it is to be braked anew. */
const IDLE_MS = 5 * 60_000;
const SECOND_MS = 1_000;
const FIRST_QUOTA = 10;
/** Of what waits, the share that the first second may take. */
const FIRST_SHARE = 0.05;
/** Redis does nothing else while it lets them through. */
const MOST_AT_ONCE = 200;

/** How a brake begins. @param random a number in [0, 1) */
export function brakedState(now: number, random: number): BrakeState {
  return probing(0, now, random);
}

/** How a brake begins to let go, because a probe succeeded or an operator said so: nothing passes within the first second. */
export function releasedState(now: number, round = 0): BrakeState {
  return { phase: 'releasing', round, quota: 0, since: now, given: 0, proven: 0 };
}

/**
 * Decides what is to be done with a braked handler. Pure: the same arguments give the same answer.
 * @param now milliseconds since the epoch
 * @param random a number in [0, 1) for the jitter
 */
export function nextBrakeStep(state: BrakeState, facts: BrakeFacts, now: number, random: number): BrakeStep {
  if (facts.failed > 0) return goOn(probing(state.round + 1, now, random), 0, true);
  return state.phase === 'probing' ? probe(state, facts, now, random) : release(state, facts, now);
}

function probe(
  state: BrakeState & { readonly phase: 'probing' },
  { held, underWay, succeeded, other, isPaused }: BrakeFacts,
  now: number,
  random: number,
): BrakeStep {
  if (succeeded > 0) return goOn(releasedState(now, state.round));
  if (other > 0) return goOn(probing(state.round, now, random));
  if (isPaused || now < state.nextAt || underWay >= MOST_PROBES) return goOn(state);
  if (held > 0) return goOn({ ...state, nextAt: now + LONGEST_WAIT_MS }, 1);
  return underWay === 0 && now >= state.nextAt + IDLE_MS ? { kind: 'lift' } : goOn(state);
}

function release(
  state: BrakeState & { readonly phase: 'releasing' },
  { held, underWay, succeeded, isPaused }: BrakeFacts,
  now: number,
): BrakeStep {
  const proven = state.proven + succeeded;
  const isOver = now - state.since >= SECOND_MS;
  const grows = isOver && proven >= state.quota;
  const next = {
    ...state,
    quota: grows ? grown(state.quota, held) : state.quota,
    proven: grows ? 0 : proven,
    ...(isOver ? { since: now, given: 0 } : {}),
  };
  const room = next.quota - Math.max(next.given, underWay);
  if (isPaused || room <= 0) return goOn(next);
  if (held <= Math.min(room, MOST_AT_ONCE)) return { kind: 'lift' };
  const lets = Math.min(room, MOST_AT_ONCE);
  return goOn({ ...next, given: next.given + lets }, lets);
}

function grown(quota: number, held: number): number {
  return quota > 0 ? quota * 2 : Math.max(1, Math.min(FIRST_QUOTA, Math.floor(held * FIRST_SHARE)));
}

function goOn(state: BrakeState, lets = 0, revokes = false): BrakeStep {
  return { kind: 'go-on', state, lets, revokes };
}

function probing(round: number, now: number, random: number): BrakeState {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(round, 30), LONGEST_WAIT_MS);
  return { phase: 'probing', round, nextAt: now + Math.round(wait * (1 - JITTER * random)) };
}
