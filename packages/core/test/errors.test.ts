import { connect } from 'node:net';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explain, NonRetryableError, RetryAfterError, serializeError } from '../src/errors.ts';

function refuse(): never {
  throw new Error('not to be read');
}
const hostile = new Proxy(new Error('hidden'), { get: refuse, getPrototypeOf: refuse, has: refuse });
const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

describe('the errors that steer retries', () => {
  it('have stable names, and keep message and cause', () => {
    const cause = new Error('why');
    const fatal = new NonRetryableError('card is gone', { cause });
    expect(fatal).toMatchObject({ name: 'NonRetryableError', message: 'card is gone', cause });
    const later = new RetryAfterError('too many', '30s', { cause });
    expect(later).toMatchObject({ name: 'RetryAfterError', message: 'too many', retryAfter: 30_000, cause });
  });

  it('refuse a wait that is none', () => {
    expect(() => new RetryAfterError('too many', Number.NaN)).toThrow(RangeError);
  });
});

describe('serializeError', () => {
  it('keeps name, message and stack', () => {
    const error = new TypeError('not a number');
    expect(serializeError(error)).toEqual({
      name: 'TypeError',
      message: 'not a number',
      stack: error.stack,
    });
  });

  it('keeps an error of another realm as an error', () => {
    const error: unknown = runInNewContext("new RangeError('elsewhere')");
    expect(serializeError(error)).toMatchObject({ name: 'RangeError', message: 'elsewhere' });
  });

  it.each([
    ['a string', '"a string"'],
    [42, '42'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('sign'), 'Symbol(sign)'],
    [{ code: 'E1' }, '{"code":"E1"}'],
    [10n, 'bigint'],
    [cyclic, 'object'],
    [Object.create(null), '{}'],
    [revoked, 'object'],
  ])('says what %# was, which is no error', (thrown, shown) => {
    const { name, message } = serializeError(thrown);
    expect(name).toBe('NonError');
    expect(message).toContain(shown);
  });

  it('keeps what can be read of a hostile error', () => {
    expect(serializeError(hostile)).toMatchObject({ name: 'NonError' });
    const halfHostile = Object.defineProperty(new Error('readable'), 'stack', { get: refuse });
    expect(serializeError(halfHostile)).toEqual({ name: 'Error', message: 'readable' });
  });

  it('is bounded', () => {
    const huge = new Error('m'.repeat(1_000_000));
    huge.name = 'n'.repeat(1_000_000);
    huge.stack = 's'.repeat(1_000_000);
    expect(JSON.stringify(serializeError(huge)).length).toBeLessThan(11_000);
    expect(serializeError('x'.repeat(1_000_000)).message.length).toBeLessThan(2_100);
    const odd = Object.assign(new Error(), { message: { text: 'x'.repeat(1_000_000) } });
    expect(serializeError(odd).message.length).toBeLessThan(2_100);
  });

  it('never throws, and gives text that JSON can hold, whatever the fields of an error are', () => {
    // Functions that give the value: fast-check looks into the values it makes, which these do not bear.
    const made = fc.oneof(
      fc
        .anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true })
        .map((value) => () => value),
      fc.constantFrom<(() => unknown)[]>(
        () => hostile,
        () => revoked,
        () => cyclic,
        () => Symbol('x'),
        refuse,
      ),
    );
    const fields = fc.record({ name: made, message: made, stack: made }, { requiredKeys: [] });
    const thrown = fc.oneof(
      fc.anything().map((value) => () => value),
      fc.constantFrom<(() => unknown)[]>(
        () => hostile,
        () => revoked,
        () => cyclic,
      ),
      fields.map((getters) => () => {
        const descriptors = Object.entries(getters).map(([field, get]) => [field, { get }]);
        return Object.create(Error.prototype, Object.fromEntries(descriptors)) as unknown;
      }),
    );
    fc.assert(
      fc.property(thrown, (make) => {
        const serialized = serializeError(make());
        expect(Object.values(serialized).map((part: unknown) => typeof part)).toEqual(
          Object.keys(serialized).map(() => 'string'),
        );
        expect(JSON.parse(JSON.stringify(serialized))).toEqual(serialized);
      }),
    );
  });
});

describe('an error in words', () => {
  const refused = (at: string) =>
    Object.assign(new Error(`connect ECONNREFUSED ${at}`), { code: 'ECONNREFUSED' });

  it('was empty for a refused connection, which Node 20 tells as an AggregateError', async () => {
    const error = await new Promise((resolve) =>
      connect({ host: 'localhost', port: 1, autoSelectFamily: true }).on('error', resolve),
    );
    expect(explain(error)).toMatch(/connect ECONNREFUSED .*:1/);
    expect(explain(new AggregateError([refused('::1:1'), refused('127.0.0.1:1')]))).toBe(
      'connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  it('lost the cause of a failed fetch', async () => {
    const error: unknown = await fetch('http://127.0.0.1:1').catch((thrown: unknown) => thrown);
    expect(explain(error)).toMatch(/^fetch failed: .*(?:ECONNREFUSED|bad port)/);
    expect(serializeError(new TypeError('fetch failed', { cause: refused('127.0.0.1:1') }))).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed: connect ECONNREFUSED 127.0.0.1:1',
    });
  });

  it('repeats nothing, ends, and shows no password', () => {
    const own = new Error('stopped (disk full)', { cause: new Error('disk full') });
    expect(explain(own)).toBe('stopped (disk full)');
    const circle = new Error('round');
    circle.cause = new Error('and round', { cause: circle });
    expect(explain(circle)).toBe('round: and round');
    expect(
      explain(new Error('at redis://user:s3cret@host:1', { cause: 'Authorization: Bearer abcdefghijkl' })),
    ).toBe('at redis://[hidden]@host:1: Authorization: Bearer [hidden]');
    expect(explain(new Error('x'.repeat(100_000), { cause: new Error('y') })).length).toBe(2_000);
    expect(explain(Object.assign(new Error(''), { code: 'ETIMEDOUT' }))).toBe('ETIMEDOUT');
    expect([explain(new TypeError('')), explain('text'), explain(undefined), explain({ a: 1 })]).toEqual([
      'TypeError',
      'text',
      'undefined',
      '{"a":1}',
    ]);
  });
});
