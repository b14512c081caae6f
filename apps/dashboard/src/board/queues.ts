import { explain, type Logger } from '@hookline/core';
import type { OpenQueues, QueueGroup } from '@hookline/redis';

/** The queues that exist, as other processes register them. */
export interface Queues {
  /** Called with all queues whenever there are others than before, and at once with those known by now. */
  onChange(listener: (queues: readonly QueueGroup[]) => void): void;
  /** Whether Redis answered when it was last asked. */
  isReady(): boolean;
  /** Stops asking. The queues stay open, they are the caller's. */
  close(): Promise<void>;
}

/** One small command: a queue that a worker has just registered is on the page by its next refresh. */
const INTERVAL_MS = 1_000;
/** A failed look costs nothing, and somebody may be waiting for the page to work again. */
const RETRY_MS = 200;

/** Follows the queues. Needs no Redis to begin with: they appear once it answers. */
export function followQueues(source: Pick<OpenQueues, 'list'>, log: Logger): Queues {
  const listeners: ((queues: readonly QueueGroup[]) => void)[] = [];
  let known: readonly QueueGroup[] = [];
  let state: 'starting' | 'ready' | 'away' = 'starting';
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function look(): Promise<void> {
    try {
      const now = await source.list();
      if (state === 'away') log.info('the queues can be shown again');
      state = 'ready';
      if (isSame(known, now)) return;
      known = now;
      for (const listener of listeners) listener(known);
    } catch (error) {
      if (state !== 'ready') return;
      state = 'away';
      log.warn('the queues cannot be shown: Redis does not answer', {
        error: explain(error),
      });
    }
  }

  async function keepLooking(): Promise<void> {
    await look();
    if (!closed) timer = setTimeout(follow, state === 'ready' ? INTERVAL_MS : RETRY_MS);
  }

  let looking = keepLooking();
  function follow(): void {
    looking = keepLooking();
  }

  return {
    onChange(listener) {
      listeners.push(listener);
      listener(known);
    },
    isReady: () => state === 'ready',
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

function isSame(before: readonly QueueGroup[], now: readonly QueueGroup[]): boolean {
  return before.length === now.length && now.every((queue, index) => queue.name === before[index]?.name);
}
