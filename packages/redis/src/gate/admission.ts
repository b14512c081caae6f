import type { Logger, Meter } from '@hookline/core';
import { METRICS } from '../client/metric-rows.ts';
import type { ScriptArg } from '../client/script.ts';
import type { Memory } from '../client/server-facts.ts';

/** The store answers, but what room it has is the workers'. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}

/**
 * At its limit Redis refuses the workers' writes as well, so a queue that filled it can never be drained: measured, 0
 * of 533 jobs. The quarter above is theirs, and for what other receivers let in before they have read again.
 */
const FULL_AT = 0.75;
/** Lower, so that it does not open and close with every event. */
const OPEN_BELOW = 0.7;

/** Lets new work in as long as Redis has room for working it off. Decides from what it was told last, without asking. */
export class Admission {
  readonly #log: Logger;
  readonly #countRefused: () => void;
  #memory: Memory | undefined;
  #isFull = false;
  /** Bytes that were let in, ever, and how many of them the last reading has seen. */
  #admitted = 0;
  #seen = 0;

  constructor(log: Logger, meter: Meter) {
    this.#log = log;
    this.#countRefused = meter.counter(METRICS.admissionRefused);
    meter.gauge(METRICS.memoryRatio, () => this.#ratio());
  }

  /**
   * Lets so many bytes of Redis's memory in.
   * @throws StoreFullError
   */
  admit(bytes: number): void {
    if (!this.#isFull && this.#ratio(bytes) >= FULL_AT) this.#close();
    if (this.#isFull) throw this.#refusal();
    this.#admitted += bytes;
  }

  /** What a reading that is asked for now will have seen. */
  mark(): number {
    return this.#admitted;
  }

  /** @param mark as it was when the reading was asked for, over the connection that the writes went over */
  read(memory: Memory, mark: number): void {
    this.#memory = memory;
    this.#seen = mark;
    const ratio = this.#ratio();
    if (!this.#isFull && ratio >= FULL_AT) this.#close();
    if (this.#isFull && ratio < OPEN_BELOW) {
      this.#isFull = false;
      this.#log.info('Redis has room again: taking new work', { ratio: rounded(ratio) });
    }
  }

  /** Redis itself has refused a write. @returns what to refuse the work with */
  refused(): StoreFullError {
    if (!this.#isFull) this.#close();
    return this.#refusal();
  }

  #ratio(more = 0): number {
    if (this.#memory === undefined || this.#memory.limit === 0) return 0;
    return (this.#memory.used + this.#admitted - this.#seen + more) / this.#memory.limit;
  }

  #close(): void {
    this.#isFull = true;
    this.#log.warn('Redis is nearly full: refusing new work until workers have made room', {
      ratio: rounded(this.#ratio()),
      maxmemory: this.#memory?.limit,
    });
  }

  #refusal(): StoreFullError {
    this.#countRefused();
    const percent = Math.round(this.#ratio() * 100);
    return new StoreFullError(
      `Redis is nearly full (${percent} % of its maxmemory); what is left is for working off what it holds`,
    );
  }
}

function rounded(ratio: number): number {
  return Math.round(ratio * 1_000) / 1_000;
}

/**
 * Measured on Redis 7.0 for a queued event with 265 bytes of headers: 3.4 KB without a body, 4.3 KB with 1 KB, 13.3 KB
 * with 10 KB, 118 KB with 100 KB. A queued job without data takes 2 KB; its data is kept twice.
 */
const EVENT_BYTES = 3_200;
const JOB_BYTES = 1_500;
/** The allocator rounds up by as much as this. */
const ROUNDING = 1.25;

/**
 * Bytes of Redis's memory that queued events take, rather too many than too few.
 * @param sizes of each, the bytes of its body and headers
 */
export function costOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + EVENT_BYTES + Math.ceil(ROUNDING * size), 0);
}

/** The same of tracked jobs, from what is sent to create them. */
export function costOfJobs(count: number, args: readonly ScriptArg[]): number {
  const bytes = args.reduce<number>((sum, arg) => sum + (typeof arg === 'number' ? 8 : arg.length), 0);
  return count * JOB_BYTES + Math.ceil(ROUNDING * bytes);
}
