import type { IncomingMessage } from 'node:http';

/** What one may do: an operator everything, a viewer only look. */
export type Role = 'operator' | 'viewer';

/** Who was let in. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  /** Whether this one is shown payloads, bodies and headers. */
  readonly seesPayloads: boolean;
}

const identities = new WeakMap<IncomingMessage, Identity>();

/** Says of a request whose it is, once that is known. */
export function identify(request: IncomingMessage, identity: Identity): void {
  identities.set(request, identity);
}

/**
 * Whose request this is.
 * @throws Error when nobody has been let in: a page that is not behind the login must not take anybody for somebody
 */
export function identityOf(request: IncomingMessage): Identity {
  const identity = identities.get(request);
  if (identity === undefined) throw new Error('a request reached a page without a login in front of it');
  return identity;
}

/** Who acts where a key was shown: keys have no names, so where it came from has to do. */
export function apiKeyFrom(peer: string): string {
  return `api-key from ${peer}`;
}
