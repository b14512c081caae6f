import { Worker } from 'node:worker_threads';
import type { PartitionAddress, RedisTarget } from '@hookline/core';
import type { Connection } from '../client/connection.ts';
import { every, type Loop } from '../client/every.ts';
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
  /** What names this process among those that publish their status. */
  readonly process: string;
  /** Milliseconds that a renewed lock lasts. */
  readonly lock: number;
  /** Milliseconds between two renewals. */
  readonly interval: number;
  /** Milliseconds for which the thread that works may stand still. */
  readonly patience: number;
}

/** What the thread is told. A partition is named by its number among those of this process. */
export type LockThreadMessage = { readonly partition: number } & (
  | {
      readonly kind: 'open';
      readonly target: RedisTarget;
      readonly prefix: string;
      readonly pulse: SharedArrayBuffer;
    }
  | {
      readonly kind: 'hold';
      readonly region: number;
      readonly what: 'locks' | 'permits';
      readonly held: SharedArrayBuffer;
    }
  | { readonly kind: 'let-go'; readonly region: number }
  | { readonly kind: 'close' }
);

/** What the thread says: a lock is not ours any more. */
interface LostLock {
  readonly partition: number;
  readonly region: number;
  readonly lost: HeldLock;
}

/** What is in the hands of one queue's turns. */
export interface KeptLocks {
  /** @returns false where whoever works has to renew it: the other thread has no room for it */
  hold(token: string, jobId: string): boolean;
  letGo(token: string): void;
  close(): void;
}

/** Renews the locks of this process's jobs in one partition, and says there that it lives, in a thread of its own. */
export interface LockKeeper {
  /** @param most how many of the queue's jobs run at once · @param onLost told of each that is not ours any more */
  keep(queue: string, most: number, onLost: (jobId: string) => void): KeptLocks;
  /** The same for permits, which have no job. */
  keepPermits(queue: string, most: number): KeptLocks;
  /** Whether those that it has room for are renewed now. */
  isKeeping(): boolean;
  /** Whether Redis has answered for so long that a lock which is not there has no owner. */
  isSettled(): boolean;
  stop(): void;
}

/** The thread that renews the locks of one process, whatever partitions its jobs lie in. */
export class LockThread {
  readonly #thread: Worker;
  readonly #keepers = new Map<number, PartitionKeeper>();
  readonly #beating: Loop;
  #opened = 0;
  #hasEnded = false;

  /** @param process what names it among those that publish their status · @param lock milliseconds that a lock lasts */
  constructor({ process, lock }: { readonly process: string; readonly lock: number }) {
    const workerData = {
      process,
      lock,
      interval: INTERVAL_MS,
      patience: PATIENCE_MS,
    } satisfies LockThreadData;
    this.#thread = new Worker(THREAD, { workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
    this.#thread.unref();
    // Then the thread that works renews the locks.
    this.#thread.on('error', () => (this.#hasEnded = true));
    this.#thread.on('exit', () => (this.#hasEnded = true));
    this.#thread.on('message', ({ partition, region, lost }: LostLock) =>
      this.#keepers.get(partition)?.lost(region, lost.jobId),
    );
    this.#beating = every(
      BEAT_MS,
      async () => {
        for (const keeper of this.#keepers.values()) keeper.beat();
      },
      () => undefined,
    );
  }

  /** @param connection over which this thread would take jobs back */
  keeperOf({ target, prefix }: PartitionAddress, connection: Connection): LockKeeper {
    const partition = (this.#opened += 1);
    const keeper = new PartitionKeeper({
      connection,
      tell: (message) => this.#thread.postMessage({ partition, ...message }, []),
      hasEnded: () => this.#hasEnded,
      onStop: () => this.#keepers.delete(partition),
    });
    this.#keepers.set(partition, keeper);
    keeper.open(target, prefix);
    return keeper;
  }

  async stop(): Promise<void> {
    for (const keeper of this.#keepers.values()) keeper.stop();
    await this.#beating.stop();
    await this.#thread.terminate();
  }
}

/** A message without the partition that it is about. */
type Told<Message = LockThreadMessage> = Message extends unknown ? Omit<Message, 'partition'> : never;

interface PartitionKeeperParts {
  readonly connection: Connection;
  readonly tell: (message: Told) => void;
  readonly hasEnded: () => boolean;
  readonly onStop: () => void;
}

class PartitionKeeper implements LockKeeper {
  readonly #parts: PartitionKeeperParts;
  readonly #pulse = new LockPulse();
  readonly #lost = new Map<number, (jobId: string) => void>();
  readonly #noteReady = () => void (this.#readySince = performance.now());
  /** Since when this thread's own connection has held. */
  #readySince = performance.now();
  #regions = 0;

  constructor(parts: PartitionKeeperParts) {
    this.#parts = parts;
    this.#pulse.beat();
    parts.connection.on('ready', this.#noteReady);
  }

  open(target: RedisTarget, prefix: string): void {
    this.#parts.tell({ kind: 'open', target, prefix, pulse: this.#pulse.memory });
  }

  beat(): void {
    this.#pulse.beat();
  }

  lost(region: number, jobId: string): void {
    this.#lost.get(region)?.(jobId);
  }

  keep(queue: string, most: number, onLost: (jobId: string) => void): KeptLocks {
    return this.#keep('locks', queue, most, onLost);
  }

  keepPermits(queue: string, most: number): KeptLocks {
    return this.#keep('permits', queue, most, () => undefined);
  }

  #keep(what: 'locks' | 'permits', queue: string, most: number, onLost: (jobId: string) => void): KeptLocks {
    const held = new HeldLocks(most);
    const region = (this.#regions += 1);
    this.#lost.set(region, onLost);
    this.#parts.tell({ kind: 'hold', region, what, held: held.memory });
    return {
      hold: (token, jobId) => held.hold({ queue, jobId, token }),
      letGo: (token) => held.letGo(token),
      close: () => {
        this.#lost.delete(region);
        this.#parts.tell({ kind: 'let-go', region });
      },
    };
  }

  isKeeping(): boolean {
    return !this.#parts.hasEnded() && this.#pulse.unrenewedFor < LATE_MS;
  }

  isSettled(): boolean {
    const { connection, hasEnded } = this.#parts;
    const isHeld = connection.status === 'ready' && performance.now() - this.#readySince >= SETTLED_MS;
    if (!isHeld) return false;
    const { unrenewedFor, steadyFor } = this.#pulse;
    return hasEnded() || unrenewedFor > UNABLE_MS || (this.isKeeping() && steadyFor >= SETTLED_MS);
  }

  stop(): void {
    this.#parts.connection.off('ready', this.#noteReady);
    this.#parts.onStop();
    this.#parts.tell({ kind: 'close' });
  }
}
