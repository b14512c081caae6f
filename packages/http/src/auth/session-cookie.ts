import { equal } from '@hookline/core';
import { createHash, createHmac, hkdfSync, scryptSync } from 'node:crypto';
import type { Account, Login } from './accounts.ts';
import type { Role } from './identity.ts';

/** Milliseconds: a session ends then, however busy it was. */
export const SESSION_MS = 12 * 3_600_000;

/** What a session's cookie says; anybody may read it. */
export interface Session {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** An account, and what its sessions are signed with. */
export interface Signer {
  readonly account: Account;
  readonly key: Buffer;
}

/**
 * Each account's key comes from its password too: another password, another role, or no such account any more, and its
 * sessions are worth nothing. Without a secret the keys come from the operator's login, so that all dashboards agree and
 * its change ends every session; slowly, because a viewer could try operators' passwords on the own cookie.
 */
export function signersOf(
  accounts: readonly Account[],
  operator: Login,
  secret: string | undefined,
): readonly Signer[] {
  const root = secret ?? scryptSync(operator.password, `hookline session\0${operator.user}`, 32);
  return accounts.map((account) => {
    const { name, role, password } = account;
    const info = createHash('sha256')
      .update(JSON.stringify([role, name, password]))
      .digest();
    return { account, key: Buffer.from(hkdfSync('sha256', root, 'hookline session', info, 32)) };
  });
}

/** The cookie's value: what it says, and a MAC over that. */
export function sealSession(session: Session, key: Buffer): string {
  const text = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `${text}.${macOf(text, key)}`;
}

/** Whose session a cookie's value is, unless it is nobody's or is over. Nothing is read before its MAC fits. */
export function openSession(
  value: string,
  signers: readonly Signer[],
  now: number,
): { readonly account: Account; readonly session: Session } | undefined {
  const [text = '', mac = '', ...more] = value.split('.');
  if (more.length > 0) return undefined;
  // The texts are compared, not the bytes: several texts in base64 are the same bytes.
  const signer = signers.find(({ key }) => equal(mac, macOf(text, key)));
  if (signer === undefined) return undefined;
  const session = JSON.parse(Buffer.from(text, 'base64url').toString()) as Session;
  return session.expires > now ? { account: signer.account, session } : undefined;
}

function macOf(text: string, key: Buffer): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
