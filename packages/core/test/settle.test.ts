import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NonRetryableError, RetryAfterError } from '../src/errors.ts';
import { DEFAULT_RETRY, retryPolicy } from '../src/retry.ts';
import { isPoison, settle, WORKER_DEATHS_LIMIT, type Outcome } from '../src/settle.ts';

const WEEK = 7 * 86_400_000;
const policy = retryPolicy({ attempts: 3, backoff: { delay: 1_000, jitter: 0 } });
const failed = (error: unknown): Outcome => ({ kind: 'failed', error });
const named = (name: string, fields: object = {}) =>
  Object.assign(new Error('own class'), { name, ...fields });

describe('settle', () => {
  const plain = new Error('no luck');
  const fatal = new NonRetryableError('never');
  const later = new RetryAfterError('busy', '10s');
  const complete = { kind: 'complete', result: { sum: 1 } };
  const bury = (error: unknown, reason: string) => ({ kind: 'bury', reason, error });
  const retry = (error: unknown, delay: number) => ({ kind: 'retry', delay, error });

  it.each<[string, Outcome, number, object]>([
    ['success, first attempt', { kind: 'succeeded', result: { sum: 1 } }, 1, complete],
    ['success, last attempt', { kind: 'succeeded', result: { sum: 1 } }, 3, complete],
    ['interruption, first attempt', { kind: 'interrupted' }, 1, { kind: 'release' }],
    ['interruption, last attempt', { kind: 'interrupted' }, 3, { kind: 'release' }],
    ['failure, first attempt', failed(plain), 1, retry(plain, 1_000)],
    ['failure, second attempt', failed(plain), 2, retry(plain, 2_000)],
    ['failure, last attempt', failed(plain), 3, bury(plain, 'attempts-exhausted')],
    ['failure, beyond the last attempt', failed(plain), 4, bury(plain, 'attempts-exhausted')],
    ['non-retryable, first attempt', failed(fatal), 1, bury(fatal, 'non-retryable')],
    ['non-retryable, last attempt', failed(fatal), 3, bury(fatal, 'non-retryable')],
    ['retry-after, first attempt', failed(later), 1, retry(later, 10_000)],
    ['retry-after, second attempt', failed(later), 2, retry(later, 10_000)],
    ['retry-after, last attempt', failed(later), 3, bury(later, 'attempts-exhausted')],
    ['not an error', failed(undefined), 1, retry(undefined, 1_000)],
  ])('%s', (_, outcome, attempt, expected) => {
    expect(settle(outcome, attempt, policy, 0.5)).toEqual(expected);
  });

  it('buries a single attempt that failed', () => {
    const once = retryPolicy({ attempts: 1 });
    expect(settle(failed(later), 1, once, 0)).toMatchObject({ kind: 'bury', reason: 'attempts-exhausted' });
  });

  it('lets jitter shorten the back-off, but not a wait that was asked for', () => {
    expect(settle(failed(plain), 1, DEFAULT_RETRY, 0.5)).toMatchObject({ delay: 1_800 });
    expect(settle(failed(later), 1, DEFAULT_RETRY, 0.5)).toMatchObject({ delay: 10_000 });
  });

  it.each([
    ['a class of the same name', named('NonRetryableError')],
    ['another realm', runInNewContext("Object.assign(new Error('x'), { name: 'NonRetryableError' })")],
    ['ours under a name of its own', Object.assign(new NonRetryableError('x'), { name: 'CardGone' })],
  ])('knows NonRetryableError from %s', (_, error) => {
    expect(settle(failed(error), 1, policy, 0)).toMatchObject({ kind: 'bury', reason: 'non-retryable' });
  });

  it.each([
    ['a class of the same name', named('RetryAfterError', { retryAfter: 7_000 })],
    ['a duration in words', named('RetryAfterError', { retryAfter: '7s' })],
    [
      'another realm',
      runInNewContext("Object.assign(new Error('x'), { name: 'RetryAfterError', retryAfter: 7000 })"),
    ],
  ])('knows RetryAfterError from %s', (_, error) => {
    expect(settle(failed(error), 1, policy, 0)).toMatchObject({ kind: 'retry', delay: 7_000 });
  });

  it.each([[undefined], [null], [Number.NaN], [-1], [Number.POSITIVE_INFINITY], ['soon'], [{}], [10n]])(
    'falls back to the back-off when retryAfter is %p',
    (retryAfter) => {
      const error = named('RetryAfterError', { retryAfter });
      expect(settle(failed(error), 2, policy, 0)).toMatchObject({ kind: 'retry', delay: 2_000 });
    },
  );

  it('waits a week at most, and whole milliseconds', () => {
    const wait = (retryAfter: number) =>
      settle(failed(named('RetryAfterError', { retryAfter })), 1, policy, 0);
    expect(wait(WEEK + 1)).toMatchObject({ delay: WEEK });
    expect(wait(0)).toMatchObject({ delay: 0 });
    expect(wait(1.6)).toMatchObject({ delay: 2 });
  });

  it('survives errors that cannot be looked at', () => {
    const refuse = (): never => {
      throw new Error('not to be read');
    };
    const hostile: unknown = new Proxy(new Error('x'), { get: refuse, getPrototypeOf: refuse });
    expect(settle(failed(hostile), 1, policy, 0)).toMatchObject({ kind: 'retry', delay: 1_000 });
  });

  it('ends every failure, whatever was thrown, as a retry before the last attempt or a burial', () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: 1, max: 6 }), (error, attempt) => {
        const settlement = settle(failed(error), attempt, policy, 0);
        expect(settlement.kind).toBe(attempt < policy.attempts ? 'retry' : 'bury');
      }),
    );
  });
});

describe('isPoison', () => {
  it('holds for more worker deaths than deploys and machines account for', () => {
    expect(WORKER_DEATHS_LIMIT).toBe(10);
    expect([0, 1, 10].map(isPoison)).toEqual([false, false, false]);
    expect([11, 1_000].map(isPoison)).toEqual([true, true]);
  });
});
