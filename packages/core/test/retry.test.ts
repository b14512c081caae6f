import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  backoff,
  DEFAULT_HANDLER_RETRY,
  DEFAULT_RETRY,
  MAX_ATTEMPTS,
  retryPolicy,
  type RetryPolicy,
} from '../src/retry.ts';

const HOUR = 3_600_000;
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  attempts: fc.integer({ min: 1, max: MAX_ATTEMPTS }),
  type: fc.constantFrom('fixed', 'exponential'),
  delay: fc.nat(10 * HOUR),
  max: fc.nat(100 * HOUR),
  jitter: fraction,
});
const attempts = fc.integer({ min: 1, max: MAX_ATTEMPTS });

describe('retryPolicy', () => {
  it('is 5 attempts, doubling from 2 s, at most 1 h apart, a fifth at random, unless told otherwise', () => {
    const standard = { attempts: 5, type: 'exponential', delay: 2_000, max: HOUR, jitter: 0.2 };
    expect(retryPolicy()).toEqual(standard);
    expect(retryPolicy({ backoff: {} })).toEqual(standard);
    expect(DEFAULT_RETRY).toEqual(standard);
  });

  it('of a handler outlives a deploy, a bad hour and a night', () => {
    const waits = Array.from({ length: DEFAULT_HANDLER_RETRY.attempts - 1 }, (_, nth) =>
      [0, 1].map((random) => backoff(DEFAULT_HANDLER_RETRY, nth + 1, random)),
    );
    const untilAttempt = (attempt: number, random: 0 | 1) =>
      waits.slice(0, attempt - 1).reduce((sum, wait) => sum + (wait[random] ?? 0), 0);
    expect(untilAttempt(8, 0)).toBe(254_000);
    expect(untilAttempt(13, 0) / HOUR).toBeCloseTo(2.3, 1);
    expect(untilAttempt(18, 1) / HOUR).toBeCloseTo(16.4, 1);
    expect(untilAttempt(18, 0) / HOUR).toBeCloseTo(20.6, 1);
    expect(waits).toHaveLength(17);
    expect(retryPolicy({ attempts: 3 }, DEFAULT_HANDLER_RETRY)).toEqual({
      ...DEFAULT_HANDLER_RETRY,
      attempts: 3,
    });
  });

  it('takes each option on its own', () => {
    expect(retryPolicy({ attempts: 1 })).toEqual({ ...DEFAULT_RETRY, attempts: 1 });
    expect(retryPolicy({ backoff: { type: 'fixed' } })).toEqual({ ...DEFAULT_RETRY, type: 'fixed' });
    expect(retryPolicy({ backoff: { delay: '1m' } })).toEqual({ ...DEFAULT_RETRY, delay: 60_000 });
    expect(retryPolicy({ backoff: { delay: '2h' } })).toMatchObject({ delay: 2 * HOUR, max: 2 * HOUR });
    expect(retryPolicy({ backoff: { max: '1d' } })).toEqual({ ...DEFAULT_RETRY, max: 24 * HOUR });
    expect(retryPolicy({ backoff: { jitter: 0 } })).toEqual({ ...DEFAULT_RETRY, jitter: 0 });
  });

  it.each([1, MAX_ATTEMPTS])('takes %p attempts', (count) => {
    expect(retryPolicy({ attempts: count }).attempts).toBe(count);
  });

  it.each([0, -1, MAX_ATTEMPTS + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %p attempts',
    (count) => {
      expect(() => retryPolicy({ attempts: count })).toThrow('retry.attempts');
    },
  );

  it.each([-0.1, 1.1, Number.NaN])('refuses a jitter of %p', (jitter) => {
    expect(() => retryPolicy({ backoff: { jitter } })).toThrow('retry.backoff.jitter');
  });

  it('names the option that is no duration or no type', () => {
    expect(() => retryPolicy({ backoff: { delay: -1 } })).toThrow(/^retry\.backoff\.delay: .*'30s'/);
    expect(() => retryPolicy({ backoff: { max: Number.NaN } })).toThrow(/^retry\.backoff\.max: .*'30s'/);
    expect(() => retryPolicy({ backoff: { type: 'linear' as 'fixed' } })).toThrow('retry.backoff.type');
  });
});

describe('backoff', () => {
  it('doubles from the first delay to the cap', () => {
    const policy = retryPolicy({ backoff: { delay: '2s', max: '20s', jitter: 0 } });
    expect([1, 2, 3, 4, 5, 6].map((attempt) => backoff(policy, attempt, 0.9))).toEqual([
      2_000, 4_000, 8_000, 16_000, 20_000, 20_000,
    ]);
  });

  it('stays the same when it is fixed', () => {
    const policy = retryPolicy({ backoff: { type: 'fixed', delay: '3s', jitter: 0 } });
    expect([1, 2, 50].map((attempt) => backoff(policy, attempt, 0.9))).toEqual([3_000, 3_000, 3_000]);
  });

  it('is shortened by the share that jitter allows', () => {
    const policy = retryPolicy({ backoff: { delay: 1_000, jitter: 0.2 } });
    expect([0, 0.5, 0.999_999].map((chance) => backoff(policy, 1, chance))).toEqual([1_000, 900, 800]);
  });

  it('is a whole number of milliseconds, never more than max', () => {
    fc.assert(
      fc.property(policies, attempts, random, (policy, attempt, chance) => {
        const wait = backoff(policy, attempt, chance);
        expect(Number.isSafeInteger(wait) && wait >= 0 && wait <= policy.max).toBe(true);
      }),
    );
  });

  it('never shrinks from attempt to attempt but by jitter', () => {
    fc.assert(
      fc.property(policies, attempts, (policy, attempt) => {
        expect(backoff(policy, attempt + 1, 0)).toBeGreaterThanOrEqual(backoff(policy, attempt, 0));
      }),
    );
  });

  it('is only shortened by jitter, and by no more than its share', () => {
    fc.assert(
      fc.property(policies, attempts, random, (policy, attempt, chance) => {
        const whole = backoff(policy, attempt, 0);
        const wait = backoff(policy, attempt, chance);
        expect(wait).toBeLessThanOrEqual(whole);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(whole * (1 - policy.jitter)));
      }),
    );
  });

  it('does not overflow at the last attempt there can be', () => {
    const policy = { ...DEFAULT_RETRY, delay: Number.MAX_SAFE_INTEGER, max: 7 * 24 * HOUR, jitter: 0 };
    expect(backoff(policy, MAX_ATTEMPTS, 0)).toBe(policy.max);
  });
});
