import { afterEach, describe, expect, it } from '@jest/globals';
import { NO_LOG } from '@hookline/core';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDashboard } from '../src/dashboard.ts';
import type { Middleware } from '../src/wire/problem.ts';

const log = NO_LOG;
const login = { user: 'operator', password: 'correct horse battery' };
const authorization = `Basic ${Buffer.from('operator:correct horse battery').toString('base64')}`;
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A dashboard with two pages, which count who reaches them. */
async function start(apiKeys: readonly string[] = []) {
  const reached: string[] = [];
  const page =
    (name: string, cache?: string): Middleware =>
    (request, response, next) => {
      reached.push(`${name} ${request.method} ${request.url}`);
      if (request.url === '/unknown') return next();
      if (cache !== undefined) response.setHeader('cache-control', cache);
      response.end(name);
    };
  const pages = [
    { path: '/admin/queues', use: page('queues') },
    { path: '/admin/events', use: page('events', 'private, max-age=60') },
    { path: '/admin/api', use: page('api') },
    { path: '/admin/apiary', use: page('apiary') },
  ];
  const server = createServer(createDashboard({ login, apiKeys, home: '/admin/queues', pages, log }));
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { redirect: 'manual', ...init });
  return { origin, reached, call };
}

describe("the operators' API", () => {
  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

  it('takes a key or the login, and a key opens nothing else', async () => {
    const { call, reached } = await start(['first-key-of-sixteen', 'second-key-of-sixteen']);
    expect((await call('/admin/api/system', bearer('second-key-of-sixteen'))).status).toBe(200);
    expect((await call('/admin/api?a=b', bearer('first-key-of-sixteen'))).status).toBe(200);
    expect((await call('/admin/api/system', { headers: { authorization } })).status).toBe(200);
    expect(reached).toEqual(['api GET /system', 'api GET /?a=b', 'api GET /system']);
    for (const path of [
      '/admin/queues',
      '/admin/apiary',
      '/admin/api/../queues',
      '//admin/api',
      '/admin/queues?/admin/api',
    ])
      expect([path, (await call(path, bearer('first-key-of-sixteen'))).status]).toEqual([path, 401]);
    expect(reached).toHaveLength(3);
  });

  it('is closed to other keys, and to all where there is none', async () => {
    const { call, reached } = await start(['first-key-of-sixteen']);
    const refused = await call('/admin/api/system', bearer('another-key-of-sixteen'));
    expect([refused.status, await refused.json()]).toMatchObject([401, { error: 'api_key_refused' }]);
    expect((await call('/admin/api/system')).status).toBe(401);
    const closed = await start();
    expect((await closed.call('/admin/api/system', bearer('undefined'))).status).toBe(401);
    expect([...reached, ...closed.reached]).toEqual([]);
  });
});

describe('createDashboard', () => {
  it('opens nothing but the way home without a login', async () => {
    const { call, reached } = await start();
    expect((await call('/')).headers.get('location')).toBe('/admin/queues');
    for (const path of ['/admin/queues', '/admin/events/1', '/anything', '/?a=b', '//admin/queues'])
      expect([path, (await call(path)).status]).toEqual([path, 401]);
    expect((await call('/', { method: 'POST' })).status).toBe(401);
    expect(reached).toEqual([]);
  });

  it('leads each path to its page, and the rest nowhere', async () => {
    const { call, reached } = await start();
    const headers = { authorization };
    expect(await (await call('/admin/queues/a?b=c', { headers })).text()).toBe('queues');
    expect(await (await call('/admin/events', { headers })).text()).toBe('events');
    expect((await call('/admin/queues/unknown', { headers })).status).toBe(404);
    expect((await call('/admin', { headers })).status).toBe(404);
    expect(reached).toEqual(['queues GET /a?b=c', 'events GET /', 'queues GET /unknown']);
  });

  it("keeps another site's page from changing anything, before any page is asked", async () => {
    const { origin, call, reached } = await start();
    const post = (headers: Record<string, string>) =>
      call('/admin/queues/add', { method: 'POST', headers: { authorization, ...headers } });
    expect((await post({ origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'cross-site', origin })).status).toBe(403);
    expect(reached).toEqual([]);
    expect((await post({ 'sec-fetch-site': 'same-origin', origin })).status).toBe(200);
  });

  it('lets nobody keep a page, unless the page says so', async () => {
    const { call } = await start();
    const headers = { authorization };
    expect((await call('/admin/queues', { headers })).headers.get('cache-control')).toBe('no-store');
    expect((await call('/admin/events', { headers })).headers.get('cache-control')).toBe(
      'private, max-age=60',
    );
    expect((await call('/admin/queues')).headers.get('cache-control')).toBe('no-store');
    expect((await call('/admin/queues')).headers.get('content-security-policy')).toContain(
      "frame-ancestors 'none'",
    );
  });
});
