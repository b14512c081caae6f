import { NO_METER, type Logger, type Meter } from '@hookline/core';
import type { RequestListener } from 'node:http';
import { accountsOf, type AccessOptions, type Login } from './auth/accounts.ts';
import { createFailedLogins } from './auth/failed-logins.ts';
import { letIn, viewersOnlyLook } from './auth/let-in.ts';
import { loginForm } from './auth/login-form.ts';
import { createLogins } from './auth/logins.ts';
import { ASSETS_PATH } from './auth/plain-page.ts';
import { sameOriginOnly } from './auth/same-origin.ts';
import { signersOf } from './auth/session-cookie.ts';
import { createSessions } from './auth/sessions.ts';
import { METRICS } from './webhooks/metric-rows.ts';
import { createIsSecure, createPeerOf, type TrustedProxies } from './wire/peer.ts';
import { NOT_FOUND, sendProblem, type Middleware } from './wire/problem.ts';
import { securityHeaders } from './wire/security-headers.ts';
import { createSite, type Mount } from './wire/site.ts';

export interface DashboardOptions {
  /** The operator's. */
  readonly login: Login;
  readonly access?: AccessOptions | undefined;
  /** Each lets a script in below `API_PATH`, and nowhere else, where the login also works. Default: none. */
  readonly apiKeys?: readonly string[];
  /** Where `/` leads. */
  readonly home: string;
  /** The pages behind the login, each with everything below its path; what is at or below `ASSETS_PATH` is open. */
  readonly pages: readonly Mount[];
  readonly log: Logger;
  readonly meter?: Meter | undefined;
  /** Whom to believe where a request comes from. */
  readonly trustedProxies?: TrustedProxies | undefined;
}

/** Where the operators' API is. */
export const API_PATH = '/admin/api';

/**
 * The operators' private site. Nothing but the way to `home`, the login form and its style is open; whoever is logged
 * in still cannot be made to change something by another site's page; nothing is kept in a cache unless a page says so.
 */
export function createDashboard(options: DashboardOptions): RequestListener {
  const { home, pages, log } = options;
  const isOpen = ({ path = '/' }: Mount) => path === ASSETS_PATH || path.startsWith(`${ASSETS_PATH}/`);
  return createSite({
    mounts: [
      { use: securityHeaders() },
      { use: keepNothing },
      { use: leadHome(home) },
      ...pages.filter(isOpen).map((page) => ({ ...page, use: onlyToRead(page.use) })),
      // Asked for a login here, a browser would open its own box over the login form.
      { path: ASSETS_PATH, use: (_request, response) => sendProblem(response, NOT_FOUND) },
      { use: sameOriginOnly() },
      ...access(options),
      ...pages.filter((page) => !isOpen(page)),
    ],
    log,
  });
}

const keepNothing: Middleware = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

function leadHome(home: string): Middleware {
  return (request, response, next) => {
    if (request.url !== '/' || !isToRead(request)) return next();
    response.writeHead(302, { location: home }).end();
  };
}

function onlyToRead(use: Middleware): Middleware {
  return (request, response, next) => (isToRead(request) ? use(request, response, next) : next());
}

function isToRead({ method }: { readonly method?: string | undefined }): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Everything between a stranger and the pages. */
function access(options: DashboardOptions): readonly Mount[] {
  const { login, apiKeys = [], home, log, meter, trustedProxies } = options;
  const count = (meter ?? NO_METER).counter(METRICS.failedLogins);
  const failed = createFailedLogins({ log, onFailed: (door) => count({ door }) });
  const peerOf = createPeerOf(trustedProxies);
  const accounts = accountsOf(login, options.access);
  const logins = createLogins(accounts, { failed });
  const sessions = createSessions({
    signers: signersOf(accounts, login, options.access?.sessionSecret),
    isSecure: createIsSecure(trustedProxies),
  });
  return [
    ...loginForm({ logins, sessions, peerOf, home }),
    { use: letIn({ logins, sessions, apiKeys, apiPath: API_PATH, failed, peerOf, home }) },
    { use: viewersOnlyLook() },
  ];
}
