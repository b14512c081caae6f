import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bodyHash, eventIdOf } from '../src/event.ts';
import { matchesType } from '../src/pattern.ts';
import { deliveryIdOf, isName } from '../src/work.ts';

const nameChars = fc.constantFrom(...'abzAZ019_-');
const names = fc
  .tuple(fc.constantFrom(...'abzAZ019'), fc.string({ unit: nameChars, maxLength: 20 }))
  .map((parts) => parts.join(''));
const sha = (text: string) => createHash('sha256').update(text).digest('base64url');
/** Readable, unreadable, and made to look like what we make of unreadable ones. */
const providerIds = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab1._-'), maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.integer().map(String),
  fc.string({ maxLength: 3 }).map((text) => `sha256-${sha(text)}`),
  fc.string({ minLength: 155, maxLength: 165, unit: fc.constantFrom('a', ':') }),
);

describe('eventIdOf', () => {
  it('is readable where the provider’s id is, and hashed otherwise', () => {
    expect(eventIdOf('stripe', 'evt_1.a-B')).toBe('stripe.evt_1.a-B');
    expect(eventIdOf('slack', 'Ev:1')).toBe(`slack.sha256-${sha('Ev:1')}`);
    expect(eventIdOf('slack', '')).toBe(`slack.sha256-${sha('')}`);
    expect(eventIdOf('slack', 'sha256-x')).toBe(`slack.sha256-${sha('sha256-x')}`);
    expect(eventIdOf('slack', 'a'.repeat(160))).toBe(`slack.${'a'.repeat(160)}`);
    expect(eventIdOf('slack', 'a'.repeat(161))).toMatch(/^slack\.sha256-/);
    expect(eventIdOf('slack', 'a\n')).toMatch(/^slack\.sha256-/);
  });

  it('is the same for every copy and differs for every other pair of source and provider id', () => {
    fc.assert(
      fc.property(names, providerIds, names, providerIds, (source, id, otherSource, otherId) => {
        const same = source === otherSource && id === otherId;
        expect(eventIdOf(source, id) === eventIdOf(otherSource, otherId)).toBe(same);
        expect(eventIdOf(source, id)).toBe(eventIdOf(source, id));
        const imitation = eventIdOf(source, id).slice(source.length + 1);
        if (imitation !== id) expect(eventIdOf(source, imitation)).not.toBe(eventIdOf(source, id));
      }),
      { numRuns: 500 },
    );
  });

  it('is short, of letters, digits, ".", "_" and "-", and no integer: so BullMQ takes it for a job id', () => {
    fc.assert(
      fc.property(names, providerIds, (source, providerId) => {
        const id = eventIdOf(source, providerId);
        expect(id).toMatch(/^[A-Za-z0-9._-]+$/);
        expect(id.length).toBeLessThanOrEqual(source.length + 161);
        expect(`${Number.parseInt(id, 10)}`).not.toBe(id);
      }),
    );
  });
});

describe('deliveryIdOf', () => {
  it('differs for every pair of event and handler, and is a job id too', () => {
    fc.assert(
      fc.property(names, providerIds, names, names, (source, providerId, handler, otherHandler) => {
        const event = eventIdOf(source, providerId);
        const id = deliveryIdOf(event, handler);
        expect(id.split('~')).toEqual([event, handler]);
        expect(id === deliveryIdOf(event, otherHandler)).toBe(handler === otherHandler);
        expect(id).not.toContain(':');
      }),
    );
  });
});

describe('isName', () => {
  it.each(['a', 'send-receipt', 'Send_Receipt2', '2fa', 'a'.repeat(64)])('takes %p', (name) => {
    expect(isName(name)).toBe(true);
  });

  it.each(['', '-a', '_a', 'a b', 'a.b', 'a:b', 'a~b', 'a/b', 'é', 'a\n', '__proto__', 'a'.repeat(65)])(
    'refuses %p',
    (name) => {
      expect(isName(name)).toBe(false);
    },
  );
});

describe('matchesType', () => {
  it.each([
    ['invoice.paid', 'invoice.paid', true],
    ['invoice.paid', 'invoice.paid.late', false],
    ['invoice.paid', 'Invoice.paid', false],
    ['invoice.*', 'invoice.paid', true],
    ['invoice.*', 'invoice', false],
    ['invoice.*', 'invoiceitem.created', false],
    ['orders/*', 'orders/create', true],
    ['*', 'anything', true],
    ['*', '', true],
    ['in*.paid', 'invoice.paid', false],
    ['in.*', 'invoice.paid', false],
    ['voice.*', 'invoice.paid', false],
  ])('%p for %p: %p', (pattern, type, expected) => {
    expect(matchesType(pattern, type)).toBe(expected);
  });
});

describe('bodyHash', () => {
  it('is the SHA-256 of the bytes in hex', () => {
    expect(bodyHash(Buffer.from('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
