import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { brakePolicy, BrakeWindow, DEFAULT_BRAKE, type WatchedAttempt } from '../src/brake.ts';

const down = { fingerprint: 'a'.repeat(16), title: 'connect ECONNREFUSED' };
const poisoned = { fingerprint: 'b'.repeat(16), title: 'no such currency' };

interface Told extends Partial<WatchedAttempt> {
  readonly times?: number;
}

/** What the window says of the last of these attempts, a millisecond apart; each of a subject of its own. */
function decided(policy = DEFAULT_BRAKE, ...told: readonly Told[]) {
  const window = new BrakeWindow(policy);
  let nth = 0;
  let reason: unknown;
  for (const { times = 1, at = 0, ...each } of told)
    for (let time = 0; time < times; time += 1) {
      nth += 1;
      reason = window.note({ subject: `cus_${nth}`, failure: undefined, at: at + nth, ...each });
    }
  return reason;
}

describe('brakePolicy', () => {
  it('is on unless it is false', () => {
    expect(brakePolicy()).toEqual({ errorRate: 0.7, window: 30_000, failures: 10, subjects: 5 });
    expect(brakePolicy(false)).toBeUndefined();
    expect(brakePolicy({ window: '1m', failures: 3 })).toEqual({
      ...DEFAULT_BRAKE,
      window: 60_000,
      failures: 3,
    });
  });

  it.each([
    [{ errorRate: 0 }, /brake\.errorRate is 0: use a share above 0 and up to 1/],
    [{ errorRate: 1.1 }, /brake\.errorRate/],
    [{ errorRate: Number.NaN }, /brake\.errorRate/],
    [{ window: '10ms' as const }, /brake\.window is "10ms": use 1 s to 1 h/],
    [{ window: '2h' as const }, /brake\.window/],
    [{ window: 'soon' as '1s' }, /brake\.window: "soon" is not a duration/],
    [{ failures: 0 }, /brake\.failures is 0: use a whole number from 1/],
    [{ failures: 1.5 }, /brake\.failures/],
    [{ subjects: 101 }, /brake\.subjects is 101: use a whole number from 1 to 100/],
  ])('refuses %j', (options, problem) => {
    expect(() => brakePolicy(options)).toThrow(problem);
  });
});

describe('a handler is braked', () => {
  it('when enough attempts fail in one way, for several subjects', () => {
    expect(decided(DEFAULT_BRAKE, { times: 9, failure: down })).toBeUndefined();
    expect(decided(DEFAULT_BRAKE, { times: 10, failure: down })).toEqual(down);
  });

  it('not for a subject that is poisoned, however often it fails', () => {
    expect(decided(DEFAULT_BRAKE, { times: 200, failure: poisoned, subject: 'cus_1' })).toBeUndefined();
    const few = ['cus_1', 'cus_2', 'cus_3', 'cus_4'].map((subject) => ({
      times: 50,
      failure: poisoned,
      subject,
    }));
    expect(decided(DEFAULT_BRAKE, ...few)).toBeUndefined();
    expect(decided(DEFAULT_BRAKE, ...few, { failure: poisoned, subject: 'cus_5' })).toEqual(poisoned);
  });

  it('not while enough of them succeed', () => {
    expect(decided(DEFAULT_BRAKE, { times: 10 }, { times: 20, failure: down })).toBeUndefined();
    expect(decided(DEFAULT_BRAKE, { times: 8 }, { times: 20, failure: down })).toEqual(down);
  });

  it('not when they fail in many ways: those have no one cause', () => {
    const ways = Array.from({ length: 100 }, (_, nth) => ({
      failure: { fingerprint: String(nth), title: 'x' },
    }));
    expect(decided(DEFAULT_BRAKE, ...ways, { times: 60, failure: down })).toBeUndefined();
    expect(decided(DEFAULT_BRAKE, { times: 9, failure: poisoned }, { times: 10, failure: down })).toEqual(
      down,
    );
  });

  it('not for what failed before the window', () => {
    const before = { times: 9, failure: down };
    expect(decided(DEFAULT_BRAKE, before, { at: 26_000, failure: down })).toEqual(down);
    expect(decided(DEFAULT_BRAKE, before, { at: 34_000, failure: down })).toBeUndefined();
    expect(decided(DEFAULT_BRAKE, { times: 1_000 }, { at: 34_000, times: 10, failure: down })).toEqual(down);
  });

  it('once: what was decided on is forgotten', () => {
    const window = new BrakeWindow(DEFAULT_BRAKE);
    const fail = (nth: number) => window.note({ at: nth, subject: String(nth), failure: down });
    expect(Array.from({ length: 10 }, (_, nth) => fail(nth)).at(-1)).toEqual(down);
    window.clear();
    expect(fail(11)).toBeUndefined();
  });

  it('exactly when its attempts of the window say so, whatever they are', () => {
    const attempt = fc.record({
      wait: fc.nat(4_000),
      subject: fc.constantFrom('a', 'b', 'c'),
      failure: fc.constantFrom(undefined, down, down, down, poisoned),
    });
    const policy = { errorRate: 0.6, window: 10_000, failures: 4, subjects: 2 };
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 60 }), (attempts) => {
        const window = new BrakeWindow(policy);
        const noted: WatchedAttempt[] = [];
        let at = 0;
        for (const { wait, subject, failure } of attempts) {
          at += wait;
          noted.push({ at, subject, failure });
          const reason = window.note({ at, subject, failure });
          // The window is as long as it is told to be, or a tenth shorter.
          const slice = policy.window / 10;
          const within = noted.filter((each) => Math.floor(each.at / slice) > Math.floor(at / slice) - 10);
          const its = within.filter((each) => each.failure === failure);
          const failed = within.filter((each) => each.failure !== undefined).length;
          const isDown =
            failure !== undefined &&
            its.length >= 4 &&
            its.length * 2 > failed &&
            failed >= 0.6 * within.length &&
            new Set(its.map((each) => each.subject)).size >= 2;
          expect(reason).toEqual(isDown ? failure : undefined);
        }
      }),
    );
  });
});
