import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { accountsOf } from '../../src/auth/accounts.ts';
import { basicAuth } from '../../src/auth/basic-auth.ts';
import { createLogins } from '../../src/auth/logins.ts';
import { bearerAuth } from '../../src/auth/bearer-auth.ts';
import type { Middleware } from '../../src/wire/problem.ts';
import { sameOriginOnly } from '../../src/auth/same-origin.ts';
import { securityHeaders } from '../../src/wire/security-headers.ts';
import { createSite } from '../../src/wire/site.ts';
import { createFailedLogins, type FailedLoginOptions } from '../../src/auth/failed-logins.ts';
import { createPeerOf } from '../../src/wire/peer.ts';
import { rememberingLog, silentLog } from '../silent-log.ts';

const right = basic('admin', 'pä:ss word');

const login = { user: 'admin', password: 'pä:ss word' };

function logins(options: Partial<FailedLoginOptions> = {}, slowMs = 20) {
  const failed = createFailedLogins({ log: silentLog, ...options });
  return createLogins(accountsOf(login), { failed, slowMs });
}

/** The two ways a step is used: within a site of Express, and alone. */
const ways: readonly [string, (use: Middleware) => RequestListener][] = [
  [
    'in a site',
    (use) =>
      createSite({
        mounts: [{ use }, { use: (_request, response) => void response.end('in') }],
        log: silentLog,
      }),
  ],
  ['alone', (use) => (incoming, response) => use(incoming, response, () => response.end('in'))],
];

describe.each(ways)('basicAuth %s', (_name, behind) => {
  it('asks for a login, and lets the right one in', async () => {
    const site = behind(basicAuth(logins()));
    const asked = await request(site).get('/');
    expect(asked.status).toBe(401);
    expect(asked.headers['www-authenticate']).toBe('Basic realm="Hookline", charset="UTF-8"');
    expect(asked.headers['content-type']).toContain('application/problem+json');
    expect(asked.body).toMatchObject({ status: 401, error: 'login_required' });
    expect((await request(site).get('/').set('authorization', basic('admin', 'pä:ss word'))).text).toBe('in');
  });

  it.each([
    ['a wrong password', basic('admin', 'pä:ss worD')],
    ['a wrong user', basic('root', 'pä:ss word')],
    ['an empty password', basic('admin', '')],
    ['no colon', `Basic ${Buffer.from('admin').toString('base64')}`],
    ['what is not base64', 'Basic !!!'],
    ['another scheme', `Bearer ${login.password}`],
    ['nothing', 'Basic '],
  ])('refuses %s and echoes nothing', async (_what, authorization) => {
    const answer = await request(behind(basicAuth(logins())))
      .get('/')
      .set('authorization', authorization);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({
      status: 401,
      error: 'login_failed',
      title: 'The user or the password is wrong',
    });
    expect(answer.headers['www-authenticate']).toContain('Basic');
  });

  it('locked the operator out with ten wrong passwords: the right one passes, slowly', async () => {
    const log = rememberingLog();
    const site = createServer(behind(basicAuth(logins({ log, failures: 3, windowMs: 60_000 }, 80))));
    const get = async (authorization: string) => {
      const began = performance.now();
      const { status, body } = await request(site).get('/').set('authorization', authorization);
      return { status, error: (body as { error?: string }).error, took: performance.now() - began };
    };
    for (let i = 0; i < 8; i++) expect((await get(right)).status).toBe(200);
    for (let i = 0; i < 3; i++) expect((await get(basic('admin', 'a guess'))).status).toBe(401);
    const guess = await get(basic('admin', 'a guess'));
    expect([guess.status, guess.error]).toEqual([429, 'too_many_logins']);
    const operator = await get(right);
    expect(operator.status).toBe(200);
    for (const { took } of [guess, operator]) expect(took).toBeGreaterThanOrEqual(75);
    expect(log.lines.map(({ message, fields }) => [message, fields['times']])).toEqual(
      [1, 2, 3, 4].map((times) => ['a login failed', times]),
    );
    expect(JSON.stringify(log.lines)).not.toMatch(/guess|admin|pä:ss/);
  });

  it('took 60 right logins at once for guesses', async () => {
    const server = createServer(behind(basicAuth(logins({ failures: 3 })))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const ask = (authorization: string) =>
      fetch(url, { headers: { authorization } }).then(({ status }) => status);
    const all = await Promise.all(Array.from({ length: 60 }, () => ask(right)));
    expect(all.filter((status) => status === 200)).toHaveLength(60);
    const guesses = await Promise.all(
      Array.from({ length: 30 }, (_, i) => ask(basic('admin', `guess ${i}`))),
    );
    server.closeAllConnections();
    server.close();
    expect(guesses.filter((status) => status === 401)).toHaveLength(3);
    expect(guesses.filter((status) => status === 429)).toHaveLength(27);
  });

  it('of one sender behind a proxy slows that one only, where the proxy is known', async () => {
    const peerOf = createPeerOf(1);
    const failed = createFailedLogins({ log: silentLog, failures: 1 });
    const tried = createLogins(accountsOf(login), { failed, slowMs: 400 });
    const site = createServer(behind(basicAuth(tried, peerOf)));
    const get = (authorization: string, from: string) =>
      request(site).get('/').set({ authorization, 'x-forwarded-for': from });
    await get(basic('admin', 'guess'), '203.0.113.1');
    expect([failed.isSuspect('203.0.113.1'), failed.isSuspect('203.0.113.2')]).toEqual([true, false]);
    expect((await get(right, '203.0.113.2')).status).toBe(200);
  });
});

it('an account without a password is no account at all', () => {
  const nobody = { user: 'ada', password: '' };
  for (const make of [() => accountsOf(nobody), () => accountsOf(login, { viewers: [nobody] })])
    expect(make).toThrow('needs a user and a password');
});

describe.each(ways)('bearerAuth %s', (_name, behind) => {
  it('lets any of the keys in, and nothing else', async () => {
    const site = behind(bearerAuth(['first-key', 'second-key']));
    const get = (authorization: string) => request(site).get('/').set('authorization', authorization);
    expect((await get('Bearer first-key')).text).toBe('in');
    expect((await get('bearer second-key')).text).toBe('in');
    for (const wrong of [
      'Bearer third-key',
      'Bearer ',
      'Bearer first-key second-key',
      basic('', 'first-key'),
    ]) {
      const answer = await get(wrong);
      expect([answer.status, answer.body.error]).toEqual([401, 'api_key_refused']);
    }
    const none = await request(site).get('/');
    expect([none.status, none.body.error]).toEqual([401, 'api_key_required']);
    expect(none.headers['www-authenticate']).toContain('Bearer');
  });

  it('is closed to everyone without a key, an empty one included', async () => {
    for (const keys of [[], ['']]) {
      const site = behind(bearerAuth(keys));
      for (const wrong of ['Bearer', 'Bearer ', 'Bearer undefined']) {
        expect((await request(site).get('/').set('authorization', wrong)).status).toBe(401);
      }
    }
  });
});

describe.each(ways)('sameOriginOnly %s', (_name, behind) => {
  const site = behind(sameOriginOnly());
  const host = 'board.example:3001';

  it.each([
    ['a page of ours', { 'sec-fetch-site': 'same-origin', origin: `http://${host}` }],
    ['the operator', { 'sec-fetch-site': 'none' }],
    ['a page of ours, in a browser without Sec-Fetch-Site', { origin: `http://${host}` }],
    ['a page of ours behind a proxy that ends TLS', { origin: `https://${host}` }],
    ['a script', {}],
  ])('lets through what %s sends', async (_who, headers) => {
    expect(
      (
        await request(site)
          .post('/')
          .set({ host, ...headers })
      ).text,
    ).toBe('in');
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a neighbour of the site', { 'sec-fetch-site': 'same-site', origin: `http://other.example` }],
    ['another site, in an old browser', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://board.example:3002' }],
    ['a sandboxed frame', { origin: 'null' }],
  ])('refuses what %s sends', async (_who, headers) => {
    for (const method of ['post', 'put', 'patch', 'delete'] as const) {
      const agent = request(site);
      const answer = await agent[method]('/').set({ host, ...headers });
      expect([answer.status, answer.body.error]).toEqual([403, 'cross_origin']);
      expect(answer.text).not.toContain('evil');
    }
  });

  it('lets everyone read', async () => {
    const answer = await request(site).get('/').set({ host, 'sec-fetch-site': 'cross-site' });
    expect(answer.text).toBe('in');
  });
});

describe('createSite', () => {
  it('answers 404, 400 and 503 with problems, and never says what software it is', async () => {
    const site = createSite({
      mounts: [
        { path: '/pages', use: (incoming, response) => void response.end(incoming.url) },
        {
          path: '/broken',
          use: () => {
            throw new Error('secret detail');
          },
        },
      ],
      log: silentLog,
    });
    expect((await request(site).get('/pages/one?x=1')).text).toBe('/one?x=1');
    const missing = await request(site).get('/elsewhere');
    expect([missing.status, missing.body.error]).toEqual([404, 'not_found']);
    expect(missing.headers['x-powered-by']).toBeUndefined();
    const broken = await request(site).get('/broken');
    expect([broken.status, broken.body.error]).toEqual([503, 'internal_error']);
    expect(broken.text).not.toContain('secret detail');
  });

  it('keeps pages from loading anything from elsewhere', async () => {
    const site = createSite({
      mounts: [{ use: securityHeaders() }, { use: (_request, response) => void response.end('in') }],
      log: silentLog,
    });
    const { headers } = await request(site).get('/');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
