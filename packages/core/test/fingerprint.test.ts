import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identifyFailure } from '../src/fingerprint.ts';

const failure = (message: string, stack?: string) =>
  identifyFailure('mail', { name: 'Error', message, ...(stack === undefined ? {} : { stack }) });

const alphanumeric = (unit: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...unit), minLength: length, maxLength: length });
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ';
/** What differs between two failures of one kind, by what it is. */
const VARYING: Readonly<Record<string, fc.Arbitrary<string>>> = {
  number: fc.oneof(
    fc.nat().map(String),
    fc.integer().map(String),
    fc.constantFrom('1,234.56', '0.5', '12:30'),
  ),
  uuid: fc.uuid(),
  hash: alphanumeric('0123456789abcdef', 40).map((text) => `a${text}7`),
  pointer: fc.nat().map((n) => `0x${n.toString(16)}`),
  'prefixed id': fc
    .tuple(fc.constantFrom('cus', 'evt', 'pi'), alphanumeric(LETTERS, 10))
    .map(([prefix, id]) => `${prefix}_Aa${id}`),
  'id with digits': alphanumeric(`${LETTERS}0123456789_-`, 12).map((id) => `a${id}4b`),
  email: fc.emailAddress({ size: 'small' }).filter((address) => /^[\w.+-]+@/.test(address)),
  time: fc
    .date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  'quoted value': fc
    .tuple(fc.constantFrom('"', "'", '`'), fc.lorem())
    .map(([quote, text]) => quote + text + quote),
  address: fc.tuple(fc.ipV4(), fc.nat(65_535)).map(([address, port]) => `${address}:${port}`),
  'address of six': fc.constantFrom('fe80::1', '2001:db8::8a2e:370:7334', '2001:db8:1:2:3:4:5:6'),
  link: fc
    .tuple(fc.nat(), fc.uuid(), fc.nat())
    .map(([n, id, page]) => `https://api.example.com:${n % 65_000}/v1/orders/${id}?page=${page}#x`),
};
const WORDS = fc.array(fc.constantFrom('order', 'gone', "can't", 'find', 'the', 'thing', 'ECONNREFUSED'), {
  minLength: 1,
  maxLength: 4,
});

describe('the identity of a failure', () => {
  it.each(Object.entries(VARYING))('is the same whatever the %s is', (_, values) => {
    fc.assert(
      fc.property(WORDS, values, values, WORDS, (before, one, other, after) => {
        const message = (value: string) => [...before, value, ...after].join(' ');
        expect(failure(message(one))).toEqual(failure(message(other)));
        expect(failure(`(${before.join(' ')}: ${one})`)).toEqual(failure(`(${before.join(' ')}: ${other})`));
      }),
    );
  });

  it('is 16 hexadecimal characters and a short title, of any message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'binary' })), (message) => {
        const { fingerprint, title } = failure(message);
        expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
        expect(title.length).toBeLessThanOrEqual(300);
      }),
    );
  });

  it('differs with the handler, the name, the words, and where it was thrown', () => {
    const error = { name: 'TypeError', message: 'no customer' };
    const thrownIn = (call: string, file: string, line: number) =>
      `TypeError: no customer\n    at ${call} (file:///srv/app/${file}:${line}:9)`;
    const all = [
      identifyFailure('mail', error),
      identifyFailure('ship', error),
      identifyFailure('mail', { ...error, name: 'RangeError' }),
      identifyFailure('mail', { ...error, message: 'no order' }),
      identifyFailure('mail', { ...error, stack: thrownIn('send', 'src/mail.ts', 1) }),
      identifyFailure('mail', { ...error, stack: thrownIn('look', 'src/mail.ts', 1) }),
      identifyFailure('mail', { ...error, stack: thrownIn('send', 'src/post.ts', 1) }),
      identifyFailure('mail', undefined),
    ].map(({ fingerprint }) => fingerprint);
    expect(new Set(all).size).toBe(all.length);
    expect(
      identifyFailure('mail', { ...error, stack: thrownIn('send', 'src/mail.ts', 77) }).fingerprint,
    ).toBe(all[4]);
  });

  it('looks for where it was thrown past Node and installed packages, wherever the program is put', () => {
    const stack = (root: string, line: number) =>
      [
        'Error: gone',
        '    at node:internal/deps/undici/undici:13510:13',
        `    at Client.call (${root}/node_modules/stripe/cjs/client.js:${line}:4)`,
        '    at new Promise (<anonymous>)',
        `    at async sendReceipt (${root}/handlers/receipt.js:${line}:11)`,
        `    at run (${root}/other-${line}.js:${line}:11)`,
      ].join('\n');
    const other = stack('file:///srv/42/shop', 9).replace('sendReceipt', 'sendBill');
    expect(failure('gone', stack('/home/ann/shop', 3))).toEqual(
      failure('gone', stack('file:///srv/42/shop', 9)),
    );
    expect(failure('gone', stack('/srv', 3)).fingerprint).not.toBe(failure('gone', other).fingerprint);
    expect(failure('gone', 'Error: gone\n    at node:fs:1:2')).toEqual(failure('gone'));
  });

  it.each([
    ['no customer cus_NffrFeUfNVXa for order 4711', 'no customer <id> for order <n>'],
    [
      "Cannot read properties of undefined (reading 'id')",
      'Cannot read properties of undefined (reading <value>)',
    ],
    ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED <address>'],
    ['timed out after 1500ms', 'timed out after <n>ms'],
    ['GET https://x.test/v1/users/42?a=b: 503', 'GET https://x.test/<id>/users/<id>?<query>: <n>'],
    ['ids 1, 2, 3 of\n  ann@example.com', 'ids <n>, … of <email>'],
    ["it can't be, isn't it", "it can't be, isn't it"],
    ['', 'Error'],
  ])('calls %j %j', (message, title) => {
    expect(failure(message).title).toBe(title);
  });

  it('takes little time for any message', () => {
    for (const text of ['"', 'a', '1', 'a@', '1.', ':', '/', 'http://', "'a ", '-_', 'ab:', ' at ', '<n> ']) {
      const began = performance.now();
      failure(text.repeat(2_000).slice(0, 2_000), ` at ${text.repeat(8_000)}`.slice(0, 8_000));
      expect(performance.now() - began).toBeLessThan(1_000);
    }
  });
});
