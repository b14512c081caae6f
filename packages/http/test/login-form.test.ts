import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { closeDashboards, basic, cookieOf, errorOf, HTML, login, start } from './dashboard-harness.ts';

afterEach(closeDashboards);

describe('a stranger', () => {
  it('who opens a page in a browser is led to the form, and on to the page', async () => {
    const site = await start();
    const led = await site.get('/admin/events/evt_1?tab=body', HTML);
    expect([led.status, led.headers.get('location')]).toEqual([
      303,
      '/admin/login?next=%2Fadmin%2Fevents%2Fevt_1%3Ftab%3Dbody',
    ]);
    const form = await site.get(led.headers.get('location') ?? '', HTML);
    expect(form.status).toBe(200);
    expect(await form.text()).toContain('name="next" value="/admin/events/evt_1?tab=body"');
    const answer = await site.logIn(login, { next: '/admin/events/evt_1?tab=body' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/events/evt_1?tab=body']);
    expect(await (await site.get('/admin/events/evt_1?tab=body', cookieOf(answer))).text()).toBe('events');
  });

  it('is asked for a login everywhere else, as before', async () => {
    const site = await start();
    for (const answer of [
      await site.get('/admin/events'),
      await site.get('/admin/events', { accept: 'application/json, */*' }),
      await site.get('/admin/api/system', HTML),
      await site.get('/Admin/API/system', HTML),
      await site.post('/admin/events', HTML),
      await site.call('/admin/events', { method: 'HEAD', headers: HTML }),
      await site.get('/admin/events', { ...HTML, ...basic({ ...login, password: 'wrong' }) }),
      await site.get('/admin/logout'),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Basic realm="Hookline"');
    }
    expect(site.reached).toEqual([]);
  });

  it('gets the style of the form, and nothing else behind its address', async () => {
    const site = await start();
    expect(await (await site.get('/admin/assets/style.css')).text()).toBe('style');
    expect((await site.post('/admin/assets/style.css')).status).toBe(404);
    const without = await start({ pages: [] });
    const missing = await without.get('/admin/assets/style.css');
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([404, null]);
    // As it stands: clients resolve the dots, who asks for it by hand does not.
    for (const path of ['/admin/assets/../events', '/admin/assets/%2e%2e/events', '//admin/assets/x'])
      expect([path, await raw(site.origin, path)]).not.toEqual([path, 'events']);
    expect(site.reached).toEqual([]);
  });
});

/** An answer's body, for a path exactly as written. */
async function raw(origin: string, path: string): Promise<string> {
  const sent = httpRequest(origin, { path }).end();
  const [answer] = (await once(sent, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}

describe('the form', () => {
  it('has what people and password managers need, and nothing that the policy forbids', async () => {
    const site = await start();
    const answer = await site.get('/admin/login', HTML);
    const text = await answer.text();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(text).toContain('<label for="user">');
    expect(text).toMatch(/<input id="user"[^>]* autocomplete="username"/);
    expect(text).toContain('<label for="password">');
    expect(text).toMatch(/<input id="password"[^>]* type="password"[^>]* autocomplete="current-password"/);
    expect(text).toContain('<link rel="stylesheet" href="/admin/assets/style.css" />');
    expect(text).not.toMatch(/<script|<style|style=|\son\w+=|role="alert"/);
  });

  it('says in an alert that a login is wrong, and shows nothing of what was typed', async () => {
    const site = await start();
    const wrong = await site.logIn(
      { user: 'typed-as-user', password: 'typed-as-password' },
      { next: '/admin/events' },
    );
    const text = await wrong.text();
    expect([wrong.status, wrong.headers.getSetCookie()]).toEqual([403, []]);
    expect(wrong.headers.get('www-authenticate')).toBeNull();
    expect(text).toMatch(/<p role="alert"[^>]*>The user or the password is wrong\.<\/p>/);
    expect(text).toContain('name="next" value="/admin/events"');
    expect(text).not.toContain('typed-as');
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    'https:evil.example',
    'https://evil.example/',
    '/\t/evil.example',
    '/admin\r\nx-evil: 1',
    '%2F%2Fevil.example',
    '/admin/logout',
  ])('never leads to %p', async (next) => {
    const site = await start();
    expect((await site.logIn(login, { next })).headers.get('location')).toBe('/admin/queues');
    const form = await (await site.get(`/admin/login?next=${encodeURIComponent(next)}`)).text();
    expect(form).toContain('name="next" value="/admin/queues"');
    const loggedIn = await site.get(
      `/admin/login?next=${encodeURIComponent(next)}`,
      cookieOf(await site.logIn(login)),
    );
    expect([loggedIn.status, loggedIn.headers.get('location')]).toEqual([303, '/admin/queues']);
  });

  it('writes no markup that somebody put into next', async () => {
    const site = await start();
    const form = await (await site.get(`/admin/login?next=${encodeURIComponent(`/"><script>'&<`)}`)).text();
    expect(form).not.toContain('<script');
    expect(form).toContain('value="/%22%3E%3Cscript%3E&#39;&amp;%3C"');
  });

  it('takes a form of this site only, and a small one', async () => {
    const site = await start();
    const evil = await site.logIn(login, {}, { origin: 'https://evil.example' });
    expect(await errorOf(evil)).toEqual([403, 'cross_origin']);
    expect(await errorOf(await site.logIn(login, {}, { 'sec-fetch-site': 'cross-site' }))).toEqual([
      403,
      'cross_origin',
    ]);
    expect(await errorOf(await site.logIn(login, { more: 'x'.repeat(20_000) }))).toEqual([
      413,
      'body_too_large',
    ]);
    const json = {
      method: 'POST',
      body: JSON.stringify(login),
      headers: { 'content-type': 'application/json' },
    };
    expect(await errorOf(await site.call('/admin/login', json))).toEqual([415, 'no_form']);
  });

  it('and Basic slow the same peer down', async () => {
    const site = await start();
    for (let i = 0; i < 5; i++) await site.logIn({ ...login, password: 'a guess' });
    for (let i = 0; i < 5; i++) await site.get('/admin/api', basic({ ...login, password: 'a guess' }));
    const began = performance.now();
    const guess = await site.logIn({ ...login, password: 'a guess' });
    expect([guess.status, guess.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await guess.text()).toContain('too many logins have failed');
    expect((await site.logIn(login)).status).toBe(303);
    expect((await site.get('/admin/api', basic(login))).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(2_900);
  });

  it('opens itself once more when a link on another site led to it: that brings no cookie along', async () => {
    const site = await start();
    const address = '/admin/login?next=%2Fadmin%2Fevents%3Fa%3D%2522';
    const refresh = `<meta http-equiv="refresh" content="0; url=${address}" />`;
    const fromElsewhere = await site.get(address, { ...HTML, 'sec-fetch-site': 'cross-site' });
    expect(await fromElsewhere.text()).toContain(refresh);
    for (const from of ['same-origin', 'none', 'same-site'])
      expect(await (await site.get(address, { ...HTML, 'sec-fetch-site': from })).text()).not.toContain(
        'http-equiv="refresh"',
      );
  });
});
