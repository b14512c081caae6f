import { createPeerOf, type PeerOf } from '../wire/peer.ts';
import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import type { Login } from './accounts.ts';
import { identify } from './identity.ts';
import type { LoginResult, Logins } from './logins.ts';

const CHALLENGE = { 'www-authenticate': 'Basic realm="Hookline", charset="UTF-8"' };

/**
 * Lets through requests with the right user and password (RFC 7617). A request without credentials is asked for them
 * and does not count as failed: every browser starts with one.
 */
export function basicAuth(logins: Logins, peerOf: PeerOf = createPeerOf()): Middleware {
  async function judge(header: string, [request, response, next]: Parameters<Middleware>): Promise<void> {
    try {
      const result = await logins.try(peerOf(request), credentials(header));
      if (response.destroyed) return;
      if (result.kind !== 'right') return sendProblem(response, refusalOf(result));
      identify(request, result.account);
      next();
    } catch (error) {
      next(error);
    }
  }

  return (request, response, next) => {
    const header = request.headers.authorization;
    if (header === undefined) return sendProblem(response, LOGIN_REQUIRED);
    void judge(header, [request, response, next]);
  };
}

function credentials(header: string): Login | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

const LOGIN_REQUIRED: Problem = {
  status: 401,
  error: 'login_required',
  title: 'Log in to see this page',
  headers: CHALLENGE,
};

function refusalOf(result: Exclude<LoginResult, { kind: 'right' }>): Problem {
  switch (result.kind) {
    case 'wrong':
      return {
        status: 401,
        error: 'login_failed',
        title: 'The user or the password is wrong',
        headers: CHALLENGE,
      };
    case 'too-many':
      return {
        status: 429,
        error: 'too_many_logins',
        title: 'The user or the password is wrong, and too many logins have failed',
        detail: 'The right ones are still taken, but slowly.',
        headers: { 'retry-after': String(result.retryAfterSeconds) },
      };
  }
}
