import { NO_METER, type Logger, type Meter } from '@hookline/core';
import { METRICS } from './webhooks/metric-rows.ts';
import type { RequestListener } from 'node:http';
import { basicAuth, type BasicAuthOptions } from './auth/basic-auth.ts';
import { createFailedLogins } from './auth/failed-logins.ts';
import { createPeerOf, type TrustedProxies } from './wire/peer.ts';
import { bearerAuth } from './auth/bearer-auth.ts';
import type { Middleware } from './wire/problem.ts';
import { sameOriginOnly } from './auth/same-origin.ts';
import { securityHeaders } from './wire/security-headers.ts';
import { createSite, type Mount } from './wire/site.ts';

export interface DashboardOptions {
  readonly login: BasicAuthOptions;
  /** Each lets a script in below `API_PATH`, and nowhere else, where the login also works. Default: none. */
  readonly apiKeys?: readonly string[];
  /** Where `/` leads. */
  readonly home: string;
  /** The pages behind the login, each with everything below its path. */
  readonly pages: readonly Mount[];
  readonly log: Logger;
  readonly meter?: Meter | undefined;
  /** Whom to believe where a request comes from. */
  readonly trustedProxies?: TrustedProxies | undefined;
}

/** Where the operators' API is. */
export const API_PATH = '/admin/api';

/**
 * The operators' private site. Nothing but the way to `home` is open; whoever is logged in still cannot be made
 * to change something by another site's page; nothing is kept in a cache unless a page says so.
 */
export function createDashboard(options: DashboardOptions): RequestListener {
  const { home, pages, log } = options;
  return createSite({
    mounts: [
      { use: securityHeaders() },
      { use: keepNothing },
      { use: leadHome(home) },
      { use: loginOrKey(options) },
      { use: sameOriginOnly() },
      ...pages,
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
    if (request.url !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    response.writeHead(302, { location: home }).end();
  };
}

const BELOW_API = new RegExp(`^${API_PATH}(?:[/?]|$)`);

/** Whoever shows a key is judged by the key alone. */
function loginOrKey({ login, apiKeys = [], log, meter, trustedProxies }: DashboardOptions): Middleware {
  const count = (meter ?? NO_METER).counter(METRICS.failedLogins);
  const failed = createFailedLogins({ log, onFailed: (door) => count({ door }) });
  const peerOf = createPeerOf(trustedProxies);
  const byLogin = basicAuth(login, { failed, peerOf });
  const byKey = bearerAuth(apiKeys, (request) => failed.note(peerOf(request), 'api-key'));
  return (request, response, next) => {
    const showsKey = /^Bearer /i.test(request.headers.authorization ?? '');
    const judge = showsKey && BELOW_API.test(request.url ?? '') ? byKey : byLogin;
    judge(request, response, next);
  };
}
