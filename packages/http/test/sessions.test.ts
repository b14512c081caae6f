import { afterEach, describe, expect, it } from '@jest/globals';
import type { DashboardOptions } from '../src/dashboard.ts';
import {
  closeDashboards,
  ada,
  basic,
  cookieOf,
  errorOf,
  HTML,
  KEY,
  login,
  start,
  type Headers,
} from './dashboard-harness.ts';

afterEach(closeDashboards);

describe('a session', () => {
  it('is a cookie that scripts and other sites do not get, for twelve hours', async () => {
    const site = await start();
    const [cookie = '', ...more] = (await site.logIn(login)).headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(
      /^hookline-session=[\w-]+\.[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
  });

  it('over HTTPS is kept to HTTPS and to this host, where a proxy that is believed says so', async () => {
    const https = { 'x-forwarded-proto': 'https' };
    const believing = await start({ trustedProxies: 1 });
    const answer = await believing.logIn(login, {}, https);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-hookline-session=.*; Path=\/; .*; Secure$/);
    const cookie = cookieOf(answer);
    expect((await believing.get('/admin/events', { ...https, ...cookie })).status).toBe(200);
    // A neighbouring host can set a cookie without the prefix: over HTTPS it is none.
    const plain = { cookie: (cookie['cookie'] ?? '').replace('__Host-', '') };
    expect((await believing.get('/admin/events', { ...https, ...plain })).status).toBe(401);
    for (const site of [await start(), await start({ trustedProxies: ['192.0.2.0/24'] })])
      expect((await site.logIn(login, {}, https)).headers.getSetCookie()[0]).not.toContain('Secure');
    const forwarded = { 'x-forwarded-proto': 'http' };
    expect((await believing.logIn(login, {}, forwarded)).headers.getSetCookie()[0]).not.toContain('Secure');
  });

  it('ends with the logout, also for who has a copy of its cookie; others go on', async () => {
    const site = await start();
    const [one, other] = [cookieOf(await site.logIn(login)), cookieOf(await site.logIn(login))];
    const out = await site.post('/admin/logout', { ...one, origin: site.origin });
    expect([out.status, out.headers.get('location')]).toEqual([303, '/admin/login']);
    expect(out.headers.getSetCookie()[0]).toMatch(/^hookline-session=; .*Max-Age=0/);
    expect((await site.get('/admin/events', one)).status).toBe(401);
    expect((await site.get('/admin/events', { ...HTML, ...one })).status).toBe(303);
    expect((await site.get('/admin/events', other)).status).toBe(200);
  });

  it('is known to other dashboards with the same settings, and to none with others', async () => {
    const cookie = cookieOf(await (await start()).logIn(ada));
    const statusAt = async (options: Partial<DashboardOptions>) =>
      (await (await start(options)).get('/admin/events', cookie)).status;
    expect(await statusAt({})).toBe(200);
    expect(await statusAt({ access: {} })).toBe(401);
    expect(await statusAt({ access: { viewers: [{ ...ada, password: 'another one of hers' }] } })).toBe(401);
    expect(await statusAt({ login: { ...login, password: 'another one of theirs' } })).toBe(401);
    expect(await statusAt({ access: { viewers: [ada], sessionSecret: 's'.repeat(32) } })).toBe(401);
  });

  it('changes something only where the browser shows that a page of ours asked', async () => {
    const site = await start();
    const cookie = cookieOf(await site.logIn(login));
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', origin: site.origin },
      { 'sec-fetch-site': 'same-site' },
    ] as Headers[])
      for (const path of ['/admin/events', '/admin/logout'])
        expect(await errorOf(await site.post(path, { ...cookie, ...headers }))).toEqual([
          403,
          'cross_origin',
        ]);
    expect(site.reached).toEqual([]);
    for (const headers of [
      { origin: site.origin },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ] as Headers[])
      expect((await site.post('/admin/events', { ...cookie, ...headers })).status).toBe(200);
    expect((await site.post('/admin/events', basic(login))).status).toBe(200);
    expect((await site.post('/admin/api', { authorization: `Bearer ${KEY}` })).status).toBe(200);
  });

  it('does not stand in for a login that is wrong', async () => {
    const site = await start();
    const cookie = cookieOf(await site.logIn(login));
    expect(
      (await site.get('/admin/events', { ...cookie, ...basic({ ...login, password: 'wrong' }) })).status,
    ).toBe(401);
  });
});
