import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextPath } from '../../src/auth/next-path.ts';

const HOME = '/admin/queues';

describe('nextPath', () => {
  it.each([
    ['/admin/events', '/admin/events'],
    ['/admin/events/evt_1?tab=body&x=%2F', '/admin/events/evt_1?tab=body&x=%2F'],
    ['/admin/events?q=a b', HOME],
    ['/admin/events?q=a+b', '/admin/events?q=a+b'],
    ['/admin/events?q=naïve', '/admin/events?q=na%C3%AFve'],
    ['/admin/events#part', '/admin/events'],
    ['/%2F/elsewhere.example', '/%2F/elsewhere.example'],
    ['/%5Celsewhere.example', '/%5Celsewhere.example'],
    ['/admin/logins', '/admin/logins'],
  ])('of %p is %p', (asked, next) => expect(nextPath(asked, HOME)).toBe(next));

  it.each([
    undefined,
    null,
    '',
    'admin/events',
    '//elsewhere.example',
    '///elsewhere.example',
    '/\\elsewhere.example',
    '\\\\elsewhere.example',
    '/.//elsewhere.example',
    '/a/..//elsewhere.example',
    '/%2e//elsewhere.example',
    '/x/%2E%2e//elsewhere.example',
    '/\t/elsewhere.example',
    '/\n/elsewhere.example',
    '/admin\r\nset-cookie: a=b',
    '\t//elsewhere.example',
    ' //elsewhere.example',
    '/admin/\u0000',
    '/admin/\u0085',
    '/admin/\u2028',
    'https:',
    'https:elsewhere.example',
    'https://elsewhere.example/admin',
    'HTTPS:/elsewhere.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '%2F%2Felsewhere.example',
    '//user@elsewhere.example',
    '//[',
    '/admin/login',
    '/admin/login?next=%2Fadmin%2Flogin',
    '/Admin/Logout',
    '/admin/x/../logout',
    `/${'a'.repeat(2_000)}`,
  ])('of %p is the home', (asked) => expect(nextPath(asked, HOME)).toBe(HOME));

  it('stays on this site, whatever is asked, and asked again is the same', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2f',
      '%5c',
      '%2e',
      ':',
      '@',
      '?',
      '#',
      '\t',
      '\n',
      'a',
      'ä',
      'https:',
      '//',
    );
    const asked = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
    );
    fc.assert(
      fc.property(asked, (text) => {
        const next = nextPath(text, HOME);
        expect(next).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
        for (const origin of ['http://127.0.0.1:3001', 'https://board.example'])
          expect(new URL(next, `${origin}/admin/login`).origin).toBe(origin);
        expect(nextPath(next, HOME)).toBe(next);
      }),
      { numRuns: 2_000 },
    );
  });
});
