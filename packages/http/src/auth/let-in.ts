import type { IncomingMessage } from 'node:http';
import type { PeerOf } from '../wire/peer.ts';
import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import { basicAuth } from './basic-auth.ts';
import { bearerAuth } from './bearer-auth.ts';
import type { FailedLogins } from './failed-logins.ts';
import { apiKeyFrom, identify, identityOf } from './identity.ts';
import { loginAddress } from './login-page.ts';
import type { Logins } from './logins.ts';
import { nextPath } from './next-path.ts';
import { CROSS_ORIGIN, isReading, readsOrShowsOrigin } from './same-origin.ts';
import type { Sessions } from './sessions.ts';

export interface LetInParts {
  readonly logins: Logins;
  readonly sessions: Sessions;
  readonly apiKeys: readonly string[];
  /** Where the API is: keys open it and nothing else, and nobody is led from there to a form. */
  readonly apiPath: string;
  readonly failed: FailedLogins;
  readonly peerOf: PeerOf;
  readonly home: string;
}

/**
 * Lets through whoever shows a login, an API key or a session, and says who it is (`identityOf`). Who shows a key or a
 * login is judged by that alone. A browser that opens a page without any is led to the login form.
 */
export function letIn(parts: LetInParts): Middleware {
  const { logins, sessions, apiKeys, apiPath, failed, peerOf, home } = parts;
  const byLogin = basicAuth(logins, peerOf);
  const byKey = bearerAuth(apiKeys, (request) => failed.note(peerOf(request), 'api-key'));
  const belowApi = new RegExp(`^${apiPath}(?:[/?]|$)`, 'i');
  const isForApi = ({ url = '' }: IncomingMessage) => belowApi.test(url);

  return (request, response, next) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      if (!/^Bearer /i.test(authorization) || !isForApi(request)) return byLogin(request, response, next);
      return byKey(request, response, () => {
        identify(request, { name: apiKeyFrom(peerOf(request)), role: 'operator', seesPayloads: true });
        next();
      });
    }
    const account = sessions.accountOf(request);
    if (account === undefined) {
      if (!opensPage(request) || isForApi(request)) return byLogin(request, response, next);
      return void response.writeHead(303, { location: loginAddress(nextPath(request.url, home)) }).end();
    }
    if (!readsOrShowsOrigin(request)) return sendProblem(response, CROSS_ORIGIN);
    identify(request, account);
    next();
  };
}

/** Keeps viewers from changing anything. Stands behind `letIn`. */
export function viewersOnlyLook(): Middleware {
  return (request, response, next) => {
    const isAllowed = identityOf(request).role === 'operator' || isReading(request.method ?? '');
    if (isAllowed) return next();
    sendProblem(response, VIEWER_MAY_NOT);
  };
}

/** Whether a browser opens a page, and a person waits for it. */
export function opensPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && /(?:^|,) *text\/html\b/i.test(headers.accept ?? '');
}

const VIEWER_MAY_NOT: Problem = {
  status: 403,
  error: 'viewer_may_not',
  title: 'A viewer may look, and change nothing',
  detail: 'Log in as the operator to do this.',
};
