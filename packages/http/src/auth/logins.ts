import { accountOf, type Account, type Login } from './accounts.ts';
import type { FailedLogins } from './failed-logins.ts';

/** What a login came to. */
export type LoginResult =
  | { readonly kind: 'right'; readonly account: Account }
  | { readonly kind: 'wrong' }
  /** Wrong, after too many others. */
  | { readonly kind: 'too-many'; readonly retryAfterSeconds: number };

/** Tries logins, wherever they were typed. */
export interface Logins {
  /** @param given `undefined` for what cannot be read as a login */
  try(peer: string, given: Login | undefined): Promise<LoginResult>;
}

const SLOW_MS = 1_000;
/** Wrong guesses that may wait at once; what comes on top is sent away without waiting. */
const MOST_WAITING = 1_000;

/**
 * The right login is always taken: where too many have failed each takes a second, the right one too. Sending the right
 * one away would let a stranger lock the operator out, from behind the same proxy or by guessing at the account.
 * @param parts `slowMs`: milliseconds that a login takes where too many failed. Default 1 s.
 */
export function createLogins(
  accounts: readonly Account[],
  parts: { readonly failed: FailedLogins; readonly slowMs?: number | undefined },
): Logins {
  const { failed, slowMs = SLOW_MS } = parts;
  const retryAfterSeconds = Math.max(1, Math.ceil(slowMs / 1_000));
  let waiting = 0;

  return {
    async try(peer, given) {
      const account = accountOf(accounts, given);
      const isSuspect = failed.isSuspect(peer, given?.user);
      if (account === undefined) failed.note(peer, 'login', given?.user);
      if (isSuspect && (account !== undefined || waiting < MOST_WAITING)) {
        waiting += 1;
        await new Promise((resolve) => setTimeout(resolve, slowMs));
        waiting -= 1;
      }
      if (account === undefined)
        return isSuspect ? { kind: 'too-many', retryAfterSeconds } : { kind: 'wrong' };
      failed.noteRight(peer, account.name);
      return { kind: 'right', account };
    },
  };
}
