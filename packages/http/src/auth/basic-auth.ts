import { equal } from '@hookline/core';
import { createPeerOf, type PeerOf } from '../wire/peer.ts';
import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import type { FailedLogins } from './failed-logins.ts';

export interface BasicAuthOptions {
  readonly user: string;
  readonly password: string;
  /** Shown by browsers in their login box. Default `Hookline`. */
  readonly realm?: string;
}

export interface BasicAuthParts {
  readonly failed: FailedLogins;
  readonly peerOf?: PeerOf;
  /** Milliseconds that a login takes from where too many failed. Default 1 s. */
  readonly slowMs?: number;
}

const SLOW_MS = 1_000;
/** Wrong guesses that may wait at once; what comes on top is sent away without waiting. */
const MOST_WAITING = 1_000;

/**
 * Lets through requests with the right user and password (RFC 7617), always: from a peer whose logins failed too often
 * each takes a second, the right one too. Sending the right one away would let a stranger behind the same proxy lock
 * the operator out. A request without credentials is asked for them and does not count: every browser starts with one.
 */
export function basicAuth(options: BasicAuthOptions, parts: BasicAuthParts): Middleware {
  const { user, password, realm = 'Hookline' } = options;
  const { failed, peerOf = createPeerOf(), slowMs = SLOW_MS } = parts;
  if (user === '' || password === '') throw new RangeError('basicAuth needs a user and a password');
  const challenge = { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` };
  let waiting = 0;

  return (request, response, next) => {
    const header = request.headers.authorization;
    if (header === undefined) return sendProblem(response, { ...LOGIN_REQUIRED, headers: challenge });
    const given = credentials(header);
    const userFits = equal(given?.user ?? '', user);
    const passwordFits = equal(given?.password ?? '', password);
    const isRight = userFits && passwordFits;
    const peer = peerOf(request);
    const isSuspect = failed.isSuspect(peer);
    if (!isRight) failed.note(peer, 'login');

    const answer = () => {
      if (response.destroyed) return;
      if (isRight) return next();
      if (isSuspect) return sendProblem(response, tooManyLogins(slowMs));
      sendProblem(response, { ...LOGIN_FAILED, headers: challenge });
    };
    if (!isSuspect || (!isRight && waiting >= MOST_WAITING)) return answer();
    waiting += 1;
    setTimeout(() => {
      waiting -= 1;
      answer();
    }, slowMs);
  };
}

function credentials(header: string): { user: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

const LOGIN_REQUIRED: Problem = { status: 401, error: 'login_required', title: 'Log in to see this page' };
const LOGIN_FAILED: Problem = {
  status: 401,
  error: 'login_failed',
  title: 'The user or the password is wrong',
};

function tooManyLogins(waitMs: number): Problem {
  return {
    status: 429,
    error: 'too_many_logins',
    title: 'The user or the password is wrong, and too many logins have failed',
    detail: 'The right ones are still taken, but slowly.',
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) },
  };
}
