import { Worker } from 'node:worker_threads';
import type { RedisTarget } from '@hookline/core';
import type { Connection } from '../client/connection.ts';
import { every } from '../client/every.ts';
import { HeldLocks, type HeldLock } from './held-locks.ts';
import { LockPulse } from './lock-pulse.ts';

/** Compiled in every case: what starts a thread reads no TypeScript. */
const THREAD = new URL('../../dist/bullmq/lock-thread.js', import.meta.url);
const INTERVAL_MS = 600;
/** Longer without an answer, the thread that works renews its locks itself. */
const LATE_MS = 1_100;
const BEAT_MS = 200;
/** A process that stands still for longer may do so for ever: its locks run out, and others take its jobs over. */
const PATIENCE_MS = 4_000;
/** From when on a process that stood still may have lost its jobs. */
export const LOST_AFTER_MS = PATIENCE_MS + 2_000;
/** After Redis was away, every live process has renewed its locks within this time. */
const SETTLED_MS = 1_500;
/** A thread that got no answer for so long, while this one did, cannot connect: then nobody waits for it. */
const UNABLE_MS = 10_000;
/** It holds a connection and a few texts. */
const HEAP_MB = 32;

export interface LockThreadData {
  readonly target: RedisTarget;
  readonly prefix: string;
  /** What names this process among those that publish their status. */
  readonly process: string;
  /** Milliseconds that a renewed lock lasts. */
  readonly lock: number;
  /** Milliseconds between two renewals. */
  readonly interval: number;
  /** Milliseconds for which the thread that works may stand still. */
  readonly patience: number;
  readonly pulse: SharedArrayBuffer;
}

export interface LockThreadMessage {
  readonly region: number;
  /** `undefined`: there are no more of it. */
  readonly held: SharedArrayBuffer | undefined;
}

/** What is in the hands of one queue's turns. */
export interface KeptLocks {
  /** @returns false where whoever works has to renew it: the other thread has no room for it */
  hold(token: string, jobId: string): boolean;
  letGo(token: string): void;
  close(): void;
}

/** Renews the locks of this process's jobs, and says that it lives, in a thread of its own. */
export interface LockKeeper {
  /** @param most how many of the queue's jobs run at once · @param onLost told of each that is not ours any more */
  keep(queue: string, most: number, onLost: (jobId: string) => void): KeptLocks;
  /** Whether those that it has room for are renewed now. */
  isKeeping(): boolean;
  /** Whether Redis has answered for so long that a lock which is not there has no owner. */
  isSettled(): boolean;
  stop(): Promise<void>;
}

export interface LockKeeperParts {
  readonly target: RedisTarget;
  readonly prefix: string;
  /** What names this process among those that publish their status. */
  readonly process: string;
  /** The connection over which this thread would take jobs back. */
  readonly connection: Connection;
  /** Milliseconds that a lock lasts. */
  readonly lock: number;
}

export function startLockKeeper(parts: LockKeeperParts): LockKeeper {
  return new ThreadLockKeeper(parts);
}

class ThreadLockKeeper implements LockKeeper {
  readonly #pulse = new LockPulse();
  readonly #thread: Worker;
  readonly #beating;
  readonly #lost = new Map<number, (jobId: string) => void>();
  readonly #connection: Connection;
  readonly #noteReady = () => void (this.#readySince = performance.now());
  /** Since when this thread's own connection has held. */
  #readySince = performance.now();
  #hasEnded = false;
  #regions = 0;

  constructor({ target, prefix, process, connection, lock }: LockKeeperParts) {
    this.#pulse.beat();
    this.#connection = connection;
    connection.on('ready', this.#noteReady);
    const workerData = {
      target,
      prefix,
      process,
      lock,
      interval: INTERVAL_MS,
      patience: PATIENCE_MS,
      pulse: this.#pulse.memory,
    } satisfies LockThreadData;
    this.#thread = new Worker(THREAD, { workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
    this.#thread.unref();
    // Then this thread renews the locks.
    this.#thread.on('error', () => (this.#hasEnded = true));
    this.#thread.on('exit', () => (this.#hasEnded = true));
    this.#thread.on('message', ({ region, lost }: { readonly region: number; readonly lost?: HeldLock }) => {
      if (lost !== undefined) this.#lost.get(region)?.(lost.jobId);
    });
    this.#beating = every(
      BEAT_MS,
      async () => this.#pulse.beat(),
      () => undefined,
    );
  }

  keep(queue: string, most: number, onLost: (jobId: string) => void): KeptLocks {
    const held = new HeldLocks(most);
    const region = (this.#regions += 1);
    this.#lost.set(region, onLost);
    this.#tell({ region, held: held.memory });
    return {
      hold: (token, jobId) => held.hold({ queue, jobId, token }),
      letGo: (token) => held.letGo(token),
      close: () => {
        this.#lost.delete(region);
        this.#tell({ region, held: undefined });
      },
    };
  }

  #tell(message: LockThreadMessage): void {
    this.#thread.postMessage(message, []);
  }

  isKeeping(): boolean {
    return !this.#hasEnded && this.#pulse.unrenewedFor < LATE_MS;
  }

  isSettled(): boolean {
    const isHeld = this.#connection.status === 'ready' && performance.now() - this.#readySince >= SETTLED_MS;
    if (!isHeld) return false;
    const { unrenewedFor, steadyFor } = this.#pulse;
    return this.#hasEnded || unrenewedFor > UNABLE_MS || (this.isKeeping() && steadyFor >= SETTLED_MS);
  }

  async stop(): Promise<void> {
    this.#connection.off('ready', this.#noteReady);
    await this.#beating.stop();
    await this.#thread.terminate();
  }
}
