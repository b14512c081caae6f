import { millisecondsOf, type Duration } from './duration.ts';
import type { FailureIdentity } from './fingerprint.ts';

/** When a handler's work is held because what it depends on is down, as its author writes it. */
export interface BrakeOptions {
  /** The share of the attempts within the window that has to fail, above 0 and up to 1. Default 0.7. */
  readonly errorRate?: number;
  /** How far back attempts count, from 1 s to 1 h. Default `'30s'`. */
  readonly window?: Duration;
  /** How many of them have to fail in the same way (1 to 10,000). Default 10. */
  readonly failures?: number;
  /** How many subjects those have to be of, so that a poisoned one brakes no other (1 to 100). Default 5. */
  readonly subjects?: number;
}

/** `BrakeOptions` with every choice made; times in milliseconds. */
export interface BrakePolicy {
  readonly errorRate: number;
  readonly window: number;
  readonly failures: number;
  readonly subjects: number;
}

/**
 * A downstream that loses half of its machines still answers every second call, and retries get through: it is not
 * braked. One that answers less than every third call is as good as dead.
 */
export const DEFAULT_BRAKE: BrakePolicy = { errorRate: 0.7, window: 30_000, failures: 10, subjects: 5 };

const SHORTEST_WINDOW_MS = 1_000;
const LONGEST_WINDOW_MS = 3_600_000;
const MOST_FAILURES = 10_000;
const MOST_SUBJECTS = 100;

/**
 * Fills in the defaults.
 * @returns `undefined` for a handler that is not to be braked
 * @throws RangeError that names the option and its range
 */
export function brakePolicy(options: false | BrakeOptions = {}): BrakePolicy | undefined {
  if (options === false) return undefined;
  const { errorRate, failures, subjects } = { ...DEFAULT_BRAKE, ...options };
  if (!(errorRate > 0 && errorRate <= 1)) {
    throw new RangeError(`brake.errorRate is ${errorRate}: use a share above 0 and up to 1`);
  }
  return {
    errorRate,
    window: windowOf(options.window ?? DEFAULT_BRAKE.window),
    failures: count('failures', failures, MOST_FAILURES),
    subjects: count('subjects', subjects, MOST_SUBJECTS),
  };
}

function count(option: 'failures' | 'subjects', value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`brake.${option} is ${value}: use a whole number from 1 to ${most}`);
}

function windowOf(written: Duration): number {
  const window = millisecondsOf('brake.window', written);
  if (window >= SHORTEST_WINDOW_MS && window <= LONGEST_WINDOW_MS) return window;
  throw new RangeError(`brake.window is ${JSON.stringify(written)}: use 1 s to 1 h`);
}

/** One attempt that is over. */
export interface WatchedAttempt {
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  /** What its event is about. */
  readonly subject: string;
  /** How it failed, where whatever it depends on may be why. */
  readonly failure: FailureIdentity | undefined;
}

/** The window moves on by a tenth of itself. */
const SLICES = 10;
/** Ways of failing that are told apart in a slice: what fails in more ways than this has no one cause. */
const MOST_WAYS = 50;

interface Way {
  readonly failure: FailureIdentity;
  count: number;
  readonly subjects: Set<string>;
}

interface Slice {
  readonly nth: number;
  attempts: number;
  failed: number;
  readonly ways: Map<string, Way>;
}

/** A handler's attempts of the last moments, in bounded room: sums for slices of the window instead of the attempts. */
export class BrakeWindow {
  readonly #policy: BrakePolicy;
  #slices: Slice[] = [];

  constructor(policy: BrakePolicy) {
    this.#policy = policy;
  }

  /** Counts one attempt. @returns the way of failing for which the handler is to be braked now */
  note({ at, subject, failure }: WatchedAttempt): FailureIdentity | undefined {
    const slice = this.#sliceAt(at);
    slice.attempts += 1;
    if (failure === undefined) return undefined;
    slice.failed += 1;
    const way = slice.ways.get(failure.fingerprint) ?? { failure, count: 0, subjects: new Set<string>() };
    if (slice.ways.size < MOST_WAYS) slice.ways.set(failure.fingerprint, way);
    way.count += 1;
    if (way.subjects.size < this.#policy.subjects) way.subjects.add(subject);
    return this.#isDown(failure) ? failure : undefined;
  }

  /** Forgets every attempt: what was counted has been decided on. */
  clear(): void {
    this.#slices = [];
  }

  #sliceAt(at: number): Slice {
    const last = this.#slices.at(-1);
    const nth = Math.max(Math.floor(at / (this.#policy.window / SLICES)), last?.nth ?? 0);
    if (last?.nth === nth) return last;
    const slice: Slice = { nth, attempts: 0, failed: 0, ways: new Map() };
    this.#slices = [...this.#slices.filter((each) => each.nth > nth - SLICES), slice];
    return slice;
  }

  /** Only the way that was counted last can have become the one. */
  #isDown({ fingerprint }: FailureIdentity): boolean {
    const { errorRate, failures, subjects } = this.#policy;
    const ways = this.#slices.flatMap((slice) => slice.ways.get(fingerprint) ?? []);
    const its = sum(ways.map((way) => way.count));
    const failed = sum(this.#slices.map((slice) => slice.failed));
    const attempts = sum(this.#slices.map((slice) => slice.attempts));
    if (its < failures || its * 2 <= failed || failed < errorRate * attempts) return false;
    return new Set(ways.flatMap((way) => [...way.subjects])).size >= subjects;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
