import { every, type Loop } from '../client/every.ts';
import type { KeptLocks } from './lock-keeper.ts';

/** A job in the hands of a turn. */
interface Held {
  readonly jobId: string;
  /** Another thread has it. */
  readonly isKept: boolean;
  /** By `performance.now()`. */
  renewedAt: number;
}

export interface LocksParts {
  /** Milliseconds after which a lock is to have been renewed. */
  readonly renewal: number;
  /** Who renews them while this thread does not get to it, as far as it has room for them. */
  readonly kept: KeptLocks;
  /** Whether it does now. */
  readonly isKeeping: () => boolean;
  /** Renews locks. @returns the jobs whose locks are not ours any more */
  readonly extend: (jobIds: string[], tokens: string[]) => Promise<readonly string[]>;
  readonly onLost: (jobId: string) => void;
  readonly onError: (error: Error) => void;
}

/** Keeps the locks of jobs that run: all of them in one call, every while. */
export class Locks {
  readonly #parts: LocksParts;
  /** By token. */
  readonly #held = new Map<string, Held>();
  readonly #loop: Loop;

  constructor(parts: LocksParts) {
    this.#parts = parts;
    this.#loop = every(
      parts.renewal / 2,
      () => this.#renew(),
      (error) => parts.onError(error as Error),
    );
  }

  hold(token: string, jobId: string): void {
    const isKept = this.#parts.kept.hold(token, jobId);
    this.#held.set(token, { jobId, isKept, renewedAt: performance.now() });
  }

  letGo(token: string): void {
    this.#held.delete(token);
    this.#parts.kept.letGo(token);
  }

  stop(): Promise<void> {
    this.#parts.kept.close();
    return this.#loop.stop();
  }

  async #renew(): Promise<void> {
    const { renewal, isKeeping, extend, onLost } = this.#parts;
    const now = performance.now();
    const isKept = isKeeping();
    const due = [...this.#held].filter(
      ([, held]) => !(isKept && held.isKept) && now - held.renewedAt >= renewal / 2,
    );
    if (due.length === 0) return;
    for (const [, held] of due) held.renewedAt = now;
    const lost = await extend(
      due.map(([, { jobId }]) => jobId),
      due.map(([token]) => token),
    );
    for (const jobId of lost)
      if (due.some(([token, held]) => this.#held.get(token) === held && held.jobId === jobId)) onLost(jobId);
  }
}
