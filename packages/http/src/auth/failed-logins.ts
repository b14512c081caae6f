import type { Logger } from '@hookline/core';
import { createSampler } from '../wire/sampler.ts';

/** Which door was tried. */
export type Door = 'login' | 'api-key';

/** Logs and counts logins that failed, and remembers whose they were. */
export interface FailedLogins {
  /** @param peer whose; nothing of what was tried is kept: people type a password where the user belongs */
  note(peer: string, door: Door): void;
  /** Whether it has failed so often lately that its next logins are to take longer. */
  isSuspect(peer: string): boolean;
}

export interface FailedLoginOptions {
  readonly log: Logger;
  /** Counts one. */
  readonly onFailed?: (door: Door) => void;
  /** Failed logins of one peer in a window that cost nothing. Default 10. */
  readonly failures?: number | undefined;
  /** Milliseconds. Default 15 minutes. */
  readonly windowMs?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const [MOST_LINES, LINES_WINDOW_MS] = [10, 10_000];
/** Strangers make these entries: the oldest go first. */
const MOST_PEERS = 10_000;

export function createFailedLogins(options: FailedLoginOptions): FailedLogins {
  const { log, onFailed, failures = 10, windowMs = 15 * 60_000, now = Date.now } = options;
  const peers = new Map<string, { count: number; readonly until: number }>();
  const onMissed = (count: number) => log.warn('more logins failed', { count });
  const mayLog = createSampler(MOST_LINES, LINES_WINDOW_MS, onMissed, now);

  const lately = (peer: string) => {
    const entry = peers.get(peer);
    return entry !== undefined && entry.until > now() ? entry : undefined;
  };

  return {
    note(peer, door) {
      const entry = lately(peer) ?? { count: 0, until: now() + windowMs };
      entry.count += 1;
      peers.delete(peer);
      peers.set(peer, entry);
      const oldest = peers.size > MOST_PEERS ? peers.keys().next().value : undefined;
      if (oldest !== undefined) peers.delete(oldest);
      onFailed?.(door);
      if (mayLog()) log.warn('a login failed', { door, peer, times: entry.count });
    },
    isSuspect: (peer) => (lately(peer)?.count ?? 0) >= failures,
  };
}
