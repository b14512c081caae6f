import type { Logger } from '@hookline/core';
import { createHmac, randomBytes } from 'node:crypto';
import { createSampler } from '../wire/sampler.ts';

/** Which door was tried. */
export type Door = 'login' | 'api-key';

/** Logs and counts logins that failed, and remembers whose they were. */
export interface FailedLogins {
  /**
   * @param peer whose
   * @param user which account was tried, if one: nothing of it is kept as it is, because people type a password where
   * the user belongs
   */
  note(peer: string, door: Door, user?: string): void;
  /** A right login: from here this account stays as quick as it was, whatever strangers elsewhere guess. */
  noteRight(peer: string, user: string): void;
  /**
   * Whether the next login is to take longer: too many have failed lately from this peer, or to this account and the
   * peer has not opened it itself.
   */
  isSuspect(peer: string, user?: string): boolean;
}

export interface FailedLoginOptions {
  readonly log: Logger;
  /** Counts one. */
  readonly onFailed?: (door: Door) => void;
  /** Failed logins of one peer in a window that cost nothing. Default 10. */
  readonly failures?: number | undefined;
  /** Failed logins to one account in a window, from wherever, that cost nothing. Default 50. */
  readonly accountFailures?: number | undefined;
  /** Milliseconds. Default 15 minutes. */
  readonly windowMs?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const [MOST_LINES, LINES_WINDOW_MS] = [10, 10_000];
/** Strangers make these entries: the oldest go first. */
const MOST_ENTRIES = 10_000;
/** Milliseconds that a right login speaks for its peer: longer than anybody is away from work. */
const KNOWN_FOR_MS = 4 * 24 * 3_600_000;

export function createFailedLogins(options: FailedLoginOptions): FailedLogins {
  const {
    log,
    onFailed,
    failures = 10,
    accountFailures = 50,
    windowMs = 15 * 60_000,
    now = Date.now,
  } = options;
  const peers = createTally(windowMs, now);
  const accounts = createTally(windowMs, now);
  const known = createTally(KNOWN_FOR_MS, now);
  const key = randomBytes(32);
  const blind = (text: string) => createHmac('sha256', key).update(text).digest('base64');
  const pairOf = (peer: string, user: string) => blind(JSON.stringify([peer, user]));
  const onMissed = (count: number) => log.warn('more logins failed', { count });
  const mayLog = createSampler(MOST_LINES, LINES_WINDOW_MS, onMissed, now);

  return {
    note(peer, door, user) {
      const times = peers.add(peer);
      if (user !== undefined) accounts.add(blind(user));
      onFailed?.(door);
      if (mayLog()) log.warn('a login failed', { door, peer, times });
    },
    noteRight(peer, user) {
      known.forget(pairOf(peer, user));
      known.add(pairOf(peer, user));
    },
    isSuspect(peer, user) {
      if (peers.count(peer) >= failures) return true;
      if (user === undefined || accounts.count(blind(user)) < accountFailures) return false;
      return known.count(pairOf(peer, user)) === 0;
    },
  };
}

interface Tally {
  /** @returns how often it was in its window */
  add(name: string): number;
  count(name: string): number;
  forget(name: string): void;
}

/** Counts by name; a window begins with the first that is counted. */
function createTally(windowMs: number, now: () => number): Tally {
  const entries = new Map<string, { count: number; readonly until: number }>();
  const lately = (name: string) => {
    const entry = entries.get(name);
    return entry !== undefined && entry.until > now() ? entry : undefined;
  };
  return {
    add(name) {
      const entry = lately(name) ?? { count: 0, until: now() + windowMs };
      entry.count += 1;
      entries.delete(name);
      entries.set(name, entry);
      const oldest = entries.size > MOST_ENTRIES ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
      return entry.count;
    },
    count: (name) => lately(name)?.count ?? 0,
    forget: (name) => void entries.delete(name),
  };
}
