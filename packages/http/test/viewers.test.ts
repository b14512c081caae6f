import { afterEach, describe, expect, it } from '@jest/globals';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { identityOf } from '../src/auth/identity.ts';
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
} from './dashboard-harness.ts';

afterEach(closeDashboards);

describe('who is let in', () => {
  it('is known to the pages, however it was', async () => {
    const site = await start();
    const seen = await start({ access: { viewers: [ada], viewersSeePayloads: true } });
    await site.get('/admin/events', basic(login));
    await site.get('/admin/events', cookieOf(await site.logIn(login)));
    await site.get('/admin/api', { authorization: `Bearer ${KEY}` });
    await site.get('/admin/events', basic(ada));
    await site.get('/admin/events', cookieOf(await site.logIn(ada)));
    await seen.get('/admin/events', cookieOf(await seen.logIn(ada)));
    const shown = [...site.reached, ...seen.reached].map(
      ({ identity: { name, role, seesPayloads } }) => `${name}, ${role}, ${seesPayloads}`,
    );
    expect(shown).toEqual([
      'operator, operator, true',
      'operator, operator, true',
      'api-key from 127.0.0.1, operator, true',
      'ada, viewer, false',
      'ada, viewer, false',
      'ada, viewer, true',
    ]);
  });

  it('is nobody where no login stands in front', () => {
    expect(() => identityOf(new IncomingMessage(new Socket()))).toThrow('without a login');
  });
});

describe('a viewer', () => {
  it('may read, and change nothing, before any page is asked', async () => {
    const site = await start();
    const cookie = { ...cookieOf(await site.logIn(ada)), origin: site.origin };
    for (const headers of [basic(ada), cookie]) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
        const answer = await site.call('/admin/events', { method, headers });
        expect(await errorOf(answer)).toEqual([403, 'viewer_may_not']);
      }
      for (const method of ['GET', 'HEAD', 'OPTIONS'])
        expect((await site.call('/admin/events', { method, headers })).status).toBe(200);
    }
    expect(new Set(site.reached.map(({ at }) => at))).toEqual(
      new Set(['GET events', 'HEAD events', 'OPTIONS events']),
    );
    expect((await site.post('/admin/logout', cookie)).status).toBe(303);
  });

  it('is kept from what shows payloads, and told why, unless they may be seen', async () => {
    const site = await start();
    const cookie = cookieOf(await site.logIn(ada));
    for (const path of [
      '/admin/queues',
      '/admin/queues/api/queues',
      '/ADMIN/queues/API/queues',
      '/admin/queues/%61pi/queues',
    ])
      expect(await errorOf(await site.get(path, cookie))).toEqual([403, 'payloads_hidden']);
    const page = await site.get('/admin/queues', { ...HTML, ...cookie });
    const text = await page.text();
    expect(page.status).toBe(403);
    expect(text).toContain('DASHBOARD_VIEWERS_SEE_PAYLOADS');
    expect(text).toContain('<a href="/admin/events">Events &amp; more</a>');
    expect(site.reached).toEqual([]);
    const seen = await start({ access: { viewers: [ada], viewersSeePayloads: true } });
    expect((await seen.get('/admin/queues', basic(ada))).status).toBe(200);
    expect((await site.get('/admin/queues', basic(login))).status).toBe(200);
  });
});
