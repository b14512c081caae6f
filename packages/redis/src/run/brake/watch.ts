import {
  BrakeWindow,
  explain,
  identifyFailure,
  serializeError,
  type BrakePolicy,
  type FailureIdentity,
  type Handler,
  type HooklineEvent,
  type Logger,
  type Settlement,
} from '@hookline/core';
import type { Partition } from '../../client/partition.ts';
import { putBrakeOn } from './brakes.ts';

/** What an attempt of a delivery tells of its handler's downstream as it ends. */
export interface AttemptWatch {
  /** How it failed, where the downstream may be why: not where the handler says that trying again cannot help. */
  failureOf(settlement: Settlement): FailureIdentity | undefined;
  /** It was settled. */
  ended(failure: FailureIdentity | undefined): void;
  /** It waits for the brake: what was counted until now has been decided on. */
  held(): void;
}

export interface BrakeWatchParts {
  readonly partition: Partition;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: Logger;
  /** This process, as operators call it. */
  readonly by: string;
}

/** Counts the attempts of this process in memory, and brakes a handler whose downstream is dead. */
export class BrakeWatch {
  readonly #parts: BrakeWatchParts;
  readonly #windows = new Map<string, BrakeWindow>();

  constructor(parts: BrakeWatchParts) {
    this.#parts = parts;
  }

  /** @returns `undefined` for a handler that is not to be braked */
  of({ name, brake }: Handler, event: HooklineEvent): AttemptWatch | undefined {
    if (brake === undefined) return undefined;
    const window = this.#windowOf(name, brake);
    return {
      failureOf: (settlement) => failureOf(name, settlement),
      ended: (failure) => {
        const subject = event.subject ?? event.id;
        const reason = window.note({ at: this.#parts.now(), subject, failure });
        if (reason !== undefined) this.#brake(name, window, reason);
      },
      held: () => window.clear(),
    };
  }

  #windowOf(handler: string, policy: BrakePolicy): BrakeWindow {
    const known = this.#windows.get(handler) ?? new BrakeWindow(policy);
    this.#windows.set(handler, known);
    return known;
  }

  #brake(handler: string, window: BrakeWindow, failure: FailureIdentity): void {
    const { partition, now, random, log, by } = this.#parts;
    window.clear();
    putBrakeOn(partition, handler, { failure, by, now: now(), random: random() }).then(
      (kind) => {
        if (kind !== 'known')
          log.warn('braked: what the handler depends on is down, so its work waits', {
            handler,
            failure: failure.title,
          });
      },
      // The next failures decide it again.
      (error: unknown) => log.debug('brake', { handler, error: explain(error) }),
    );
  }
}

function failureOf(handler: string, settlement: Settlement): FailureIdentity | undefined {
  const isRetried = settlement.kind === 'retry';
  const isExhausted = settlement.kind === 'bury' && settlement.reason === 'attempts-exhausted';
  return isRetried || isExhausted ? identifyFailure(handler, serializeError(settlement.error)) : undefined;
}
