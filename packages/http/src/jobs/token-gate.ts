/** Lets each peer's tokens be tried one after the other, and makes who tries wrong ones wait for the next. */
export interface TokenGate {
  /** @returns `busy` when too many of the peer's wait already, or what `check` says */
  try(peer: string, check: () => Promise<boolean>): Promise<boolean | 'busy'>;
}

/** After a wrong one: a stranger gets to ask Redis 20 times a second, and those behind the same proxy have their turn. */
const PENALTY_MS = 50;
const MOST_WAITING = 64;

interface Queue {
  last: Promise<void>;
  waiting: number;
}

/** Whoever has no key may try: each try costs a call to Redis, so it is bounded for each peer. */
export function createTokenGate(penaltyMs = PENALTY_MS): TokenGate {
  const queues = new Map<string, Queue>();

  return {
    async try(peer, check) {
      const queue = queues.get(peer) ?? { last: Promise.resolve(), waiting: 0 };
      if (queue.waiting >= MOST_WAITING) return 'busy';
      queues.set(peer, queue);
      queue.waiting += 1;
      const checked = queue.last.then(check);
      queue.last = checked
        .then(
          (isRight) => (isRight ? undefined : new Promise<void>((resolve) => setTimeout(resolve, penaltyMs))),
          () => undefined,
        )
        .then(() => {
          queue.waiting -= 1;
          if (queue.waiting === 0) queues.delete(peer);
        });
      return checked;
    },
  };
}
