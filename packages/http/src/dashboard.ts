import type { Logger } from '@hookline/core';
import type { RequestListener } from 'node:http';
import { basicAuth, type BasicAuthOptions } from './basic-auth.ts';
import type { Middleware } from './problem.ts';
import { sameOriginOnly } from './same-origin.ts';
import { securityHeaders } from './security-headers.ts';
import { createSite, type Mount } from './site.ts';

export interface DashboardOptions {
  readonly login: BasicAuthOptions;
  /** Where `/` leads. */
  readonly home: string;
  /** The pages behind the login, each with everything below its path. */
  readonly pages: readonly Mount[];
  readonly log: Logger;
}

/**
 * The operators' private site. Nothing but the way to `home` is open; whoever is logged in still cannot be made
 * to change something by another site's page; nothing is kept in a cache unless a page says so.
 */
export function createDashboard({ login, home, pages, log }: DashboardOptions): RequestListener {
  return createSite({
    mounts: [
      { use: securityHeaders() },
      { use: keepNothing },
      { use: leadHome(home) },
      { use: basicAuth(login) },
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
