import { NO_LOG } from '@hookline/core';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { identityOf, type Identity } from '../src/auth/identity.ts';
import { payloadsOnly } from '../src/auth/payloads-only.ts';
import { createDashboard, type DashboardOptions } from '../src/dashboard.ts';
import type { Middleware } from '../src/wire/problem.ts';

export const login = { user: 'operator', password: 'correct horse battery' };
export const ada = { user: 'ada', password: 'staple battery horse' };
export const KEY = 'first-key-of-sixteen';
export const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const servers: Server[] = [];

export function closeDashboards(): void {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}

export type Headers = Record<string, string>;

/** A dashboard whose pages remember who reached them. */
export async function start(options: Partial<DashboardOptions> = {}) {
  const reached: { readonly at: string; readonly identity: Identity }[] = [];
  const page =
    (name: string): Middleware =>
    (request, response) => {
      reached.push({ at: `${request.method} ${name}`, identity: identityOf(request) });
      response.end(name);
    };
  const pages = [
    {
      path: '/admin/queues',
      use: payloadsOnly(page('queues'), [{ title: 'Events & more', path: '/admin/events' }]),
    },
    { path: '/admin/events', use: page('events') },
    { path: '/admin/api', use: page('api') },
    { path: '/admin/assets', use: ((_, response) => void response.end('style')) satisfies Middleware },
  ];
  const listener = createDashboard({
    login,
    access: { viewers: [ada] },
    apiKeys: [KEY],
    home: '/admin/queues',
    pages,
    log: NO_LOG,
    ...options,
  });
  const server = createServer(listener);
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { redirect: 'manual', ...init });
  return {
    origin,
    reached,
    call,
    get: (path: string, headers: Headers = {}) => call(path, { headers }),
    post: (path: string, headers: Headers = {}) => call(path, { method: 'POST', headers }),
    /** Sends the form, as a browser does. */
    logIn: (who: { user: string; password: string }, fields: Headers = {}, headers: Headers = {}) =>
      call('/admin/login', {
        method: 'POST',
        body: new URLSearchParams({ ...who, ...fields }),
        headers: { origin, ...headers },
      }),
  };
}

/** What a browser would send back of an answer's cookie. */
export function cookieOf(answer: Response): Headers {
  const [cookie = ''] = answer.headers.getSetCookie();
  return { cookie: cookie.split(';')[0] ?? '' };
}

export function basic({ user, password }: { user: string; password: string }): Headers {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

export async function errorOf(answer: Response): Promise<unknown> {
  return [answer.status, ((await answer.json()) as { error: string }).error];
}
