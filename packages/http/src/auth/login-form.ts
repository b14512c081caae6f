import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteBudget } from '../wire/byte-budget.ts';
import type { PeerOf } from '../wire/peer.ts';
import { problemAnswer, sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import { readBody } from '../wire/read-body.ts';
import { refusalOfUnread, sendUnread } from '../wire/refuse-unread.ts';
import type { Mount } from '../wire/site.ts';
import { LOGIN_PATH, LOGOUT_PATH, sendLoginPage } from './login-page.ts';
import type { Logins } from './logins.ts';
import { nextPath } from './next-path.ts';
import { CROSS_ORIGIN, readsOrShowsOrigin } from './same-origin.ts';
import type { Sessions } from './sessions.ts';

export interface LoginFormParts {
  readonly logins: Logins;
  readonly sessions: Sessions;
  readonly peerOf: PeerOf;
  /** Where a login leads that was not on the way to anywhere. */
  readonly home: string;
}

/** Whoever is not logged in may send one. */
const LARGEST_FORM = 16 * 2 ** 10;
const LARGEST_FORMS = 64 * LARGEST_FORM;
const FORM_DEADLINE_MS = 10_000;

/** The form by which a browser begins a session, and the way out. Stands before the login, behind `sameOriginOnly`. */
export function loginForm(parts: LoginFormParts): readonly Mount[] {
  const { sessions, home } = parts;
  const budget = new ByteBudget(LARGEST_FORMS);

  const login: Middleware = (request, response, next) => {
    const [path, query] = (request.url ?? '').split('?', 2);
    if (path !== '/') return next();
    if (request.method === 'GET' || request.method === 'HEAD')
      return show(request, response, nextPath(new URLSearchParams(query).get('next'), home), sessions);
    if (request.method !== 'POST') return next();
    void answering(next, () => take(request, response, budget, parts));
  };

  const logout: Middleware = (request, response, next) => {
    if (request.url !== '/' || request.method !== 'POST') return next();
    if (sessions.accountOf(request) !== undefined && !readsOrShowsOrigin(request))
      return sendProblem(response, CROSS_ORIGIN);
    response.setHeader('set-cookie', sessions.end(request));
    response.writeHead(303, { location: LOGIN_PATH }).end();
  };

  return [
    { path: LOGIN_PATH, use: login },
    { path: LOGOUT_PATH, use: logout },
  ];
}

async function answering(next: (error: unknown) => void, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    next(error);
  }
}

/**
 * A link on another site brings no `SameSite=Strict` cookie along, so that everybody looks logged out: the page that is
 * sent then asks again from here, and whoever has a session is led on.
 */
function show(request: IncomingMessage, response: ServerResponse, next: string, sessions: Sessions): void {
  if (sessions.accountOf(request) !== undefined)
    return void response.writeHead(303, { location: next }).end();
  const asksAgain = request.headers['sec-fetch-site'] === 'cross-site';
  sendLoginPage(response, { next, notice: { kind: 'none' }, asksAgain });
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  budget: ByteBudget,
  { logins, sessions, peerOf, home }: LoginFormParts,
): Promise<void> {
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    return sendUnread(request, response, problemAnswer(NO_FORM));
  const peer = peerOf(request);
  const reading = { limit: LARGEST_FORM, deadline: FORM_DEADLINE_MS, budget, holder: { peer } };
  const read = await readBody(request, reading);
  if (read.kind === 'aborted') return;
  if (read.kind !== 'whole')
    return sendUnread(request, response, problemAnswer(refusalOfUnread(read.kind, LARGEST_FORM)));
  const form = new URLSearchParams(read.body.toString('utf8'));
  read.release();
  const next = nextPath(form.get('next'), home);
  const result = await logins.try(peer, {
    user: form.get('user') ?? '',
    password: form.get('password') ?? '',
  });
  if (response.destroyed) return;
  if (result.kind !== 'right') return sendLoginPage(response, { next, notice: result });
  response.setHeader('set-cookie', sessions.begin(request, result.account));
  response.writeHead(303, { location: next }).end();
}

const NO_FORM: Problem = {
  status: 415,
  error: 'no_form',
  title: 'The body is not a form',
  detail: 'Send it as application/x-www-form-urlencoded.',
};
