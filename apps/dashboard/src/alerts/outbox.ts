import { explain, type Logger } from '@hookline/core';
import { deliverNext, dropMessage, type AlertMessage, type Partitions } from '@hookline/redis';
import { bodyOf, type Telling } from './formats.ts';
import type { Receiver } from './receivers.ts';

export interface OutboxParts {
  readonly partitions: Partitions;
  readonly receiver: Receiver;
  readonly telling: Telling;
  /** Whether this process is the one that tells, for longer than a try takes. */
  lead(): Promise<boolean>;
  readonly log: Logger;
  count(outcome: 'sent' | 'failed' | 'given-up'): void;
  readonly now?: () => number;
  /** Milliseconds that a try may take. */
  readonly timeout?: number;
}

/** How long it is tried to tell something. */
export const KEPT_MS = 24 * 3_600_000;
const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** What a receiver says of a message that it will never take; so often, and the others go on. */
const NEVER_TAKEN: readonly number[] = [400, 413, 422];
const MOST_NEVER = 5;

/**
 * Sends one receiver what it is to be told, in order. Each message stays in Redis until the receiver has taken it: who dies
 * in between has the same told once more, which names it the same.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #now: () => number;
  readonly #over = new AbortController();
  #failures = 0;
  #nextAt = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** Sends what is due, until there is no more or a try fails. @returns how many were sent */
  async step(): Promise<number> {
    for (let sent = 0; ; sent += 1) if (!(await this.#sendNext())) return sent;
  }

  /** Begins no try any more, and ends the one that is under way. */
  stop(): void {
    this.#over.abort();
  }

  async #sendNext(): Promise<boolean> {
    const { partitions, receiver, lead, log, count } = this.#parts;
    if (this.#over.signal.aborted || this.#now() < this.#nextAt) return false;
    const next = await deliverNext(partitions, receiver.id);
    if (next === undefined || !(await lead())) return false;
    const { message, text } = next;
    const { host } = receiver;
    const isOld = this.#now() - message.at > KEPT_MS;
    const problem = isOld ? { why: 'it could not be told for a day', status: 0 } : await this.#post(message);
    if (this.#over.signal.aborted && problem !== undefined) return false;
    if (problem === undefined) {
      if (this.#failures > 0) log.info('alerts can be sent again', { host });
      this.#failures = 0;
      count('sent');
    } else if (isOld || (NEVER_TAKEN.includes(problem.status) && this.#failures + 1 >= MOST_NEVER)) {
      const { kind, state } = message;
      log.error('an alert was given up', { host, kind, state, why: problem.why });
      this.#failures = 0;
      count('given-up');
    } else {
      this.#fail(problem.why);
      return false;
    }
    await dropMessage(partitions, receiver.id, text);
    return true;
  }

  #fail(why: string): void {
    const { receiver, log, count } = this.#parts;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(20, this.#failures));
    this.#failures += 1;
    this.#nextAt = this.#now() + pause;
    const fields = { host: receiver.host, why, again: `in ${Math.round(pause / 1_000)} s` };
    if (this.#failures === 1) log.warn('an alert could not be sent', fields);
    else log.debug('an alert could not be sent', fields);
    count('failed');
  }

  /** @returns what went wrong, without the address; `undefined` when the receiver took it */
  async #post(message: AlertMessage): Promise<{ readonly why: string; readonly status: number } | undefined> {
    const { receiver, telling, timeout = TIMEOUT_MS } = this.#parts;
    const { address, authorization } = receiver;
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Hookline',
          'idempotency-key': message.id,
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: JSON.stringify(bodyOf(message, receiver, telling)),
        // Somebody else's address is not one that was set.
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timeout), this.#over.signal]),
      });
      await response.body?.cancel().catch(() => undefined);
      return response.ok ? undefined : { why: `it answered ${response.status}`, status: response.status };
    } catch (error) {
      return { why: explain(error).replaceAll(address, receiver.host), status: 0 };
    }
  }
}
