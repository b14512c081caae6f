import { describe, expect, it } from '@jest/globals';
import { meaningOf } from '../src/send/meaning.ts';
import { joinNegative, readSendOptions } from '../src/send/options.ts';
import { runPaced } from '../src/send/paced.ts';
import { percentile, summaryOf } from '../src/send/summary.ts';

describe('readSendOptions', () => {
  it('takes a provider alone', () => {
    expect(readSendOptions(['stripe'])).toEqual({
      provider: 'stripe',
      count: 1,
      late: 0,
      list: false,
      duplicate: false,
      reorder: false,
      tamper: false,
      wrongSecret: false,
    });
  });

  it('keeps texts to the letter, also such as look like numbers', () => {
    const options = readSendOptions(['x', 'y', '--secret', '0123', '--data=1.0', '--source', '7']);
    expect(options).toMatchObject({ provider: 'x', type: 'y', secret: '0123', data: '1.0', source: '7' });
  });

  it.each([
    [['--late', '400s'], { late: 400_000 }],
    [['--late', '-400s'], { late: -400_000 }],
    [['--late=-2h'], { late: -7_200_000 }],
    [['--count', '20', '--rate', '0.5'], { count: 20, rate: 0.5 }],
    [['--reorder'], { count: 5, reorder: true }],
    [
      ['--tamper', '--wrong-secret', '--duplicate', '--list'],
      { wrongSecret: true, tamper: true, list: true },
    ],
  ])('reads %j', (args, expected) => {
    expect(readSendOptions(joinNegative(['stripe', ...args]))).toMatchObject(expected);
  });

  it.each([
    [['--count', '0'], '--count is 0: use a whole number from 1 to 1000000'],
    [['--count', '1e3'], '--count is 1e3'],
    [['--count', '2', '--rate', '0'], '--rate is 0'],
    [['--rate', '5'], 'add --count'],
    [['--reorder', '--count', '1'], 'needs several events'],
    [['--late', '400'], '--late is 400: use a duration like 400s'],
    [['--late', 'soon'], '--late is soon'],
    [['push', 'again'], 'again: send takes a provider and a type'],
    [['--dupicate'], "Unknown option '--dupicate'"],
    [['--to'], "'--to <value>' argument missing"],
  ])('refuses %j and says why', (args, message) => {
    expect(() => readSendOptions(['stripe', ...args])).toThrow(message);
  });
});

describe('meaningOf', () => {
  const accepted = { kind: 'accepted', repeats: false } as const;
  const meaning = (answer: { status: number; error?: string; reason?: string; retryAfter?: string }) =>
    meaningOf({ ms: 1, body: '', ...answer }, { source: 'shop-eu', expectation: accepted, signsUrl: true });

  it.each([
    [{ status: 401, reason: 'missing' }, /missing: .*WEBHOOK_PROVIDER_SHOP_EU/],
    [{ status: 401, reason: 'malformed' }, /malformed: .*proxy/],
    [{ status: 401, reason: 'stale' }, /stale: .*clocks/],
    [{ status: 401, reason: 'mismatch' }, /mismatch: .*WEBHOOK_SECRET_SHOP_EU .*WEBHOOK_URL_SHOP_EU/],
    [{ status: 401 }, /does not say why/],
    [{ status: 404, error: 'unknown_source' }, /set WEBHOOK_SECRET_SHOP_EU there/],
    [{ status: 404 }, /no endpoint at this address/],
    [{ status: 413 }, /larger than the receiver takes/],
    [{ status: 429, retryAfter: '2' }, /Retry-After: 2.*--rate/],
    [{ status: 503, error: 'unavailable', retryAfter: '2' }, /Retry-After: 2.*Redis/],
    [{ status: 503, error: 'not_ready' }, /key/],
    [{ status: 302 }, /redirection/],
    [{ status: 500 }, /see its log/],
  ])('says of %j what it means and what to do', (answer, text) => {
    expect(meaning(answer)).toMatch(text);
  });

  it('says nothing of a 2xx, but for one that should have been refused', () => {
    expect(meaning({ status: 200 })).toBeUndefined();
    const expectation = { kind: 'refused', reason: 'mismatch' } as const;
    const question = { source: 'x', expectation, signsUrl: false };
    expect(meaningOf({ status: 200, ms: 1, body: '' }, question)).toMatch(/accepted, though/);
    // No clue to mend what is meant to be broken.
    const refused = meaningOf({ status: 401, ms: 1, body: '', reason: 'mismatch' }, question);
    expect(refused).toMatch(/^mismatch: (?!.*WEBHOOK_)/);
  });
});

describe('the summary', () => {
  it.each([
    [50, 5],
    [90, 9],
    [99, 10],
    [100, 10],
  ])('has the nearest rank as percentile %d', (percent, value) => {
    expect(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], percent)).toBe(value);
  });

  it('counts answers by kind, and explains each once', () => {
    const one = { ms: 4, expected: true, duplicate: false };
    const text = summaryOf(
      [
        { ...one, answer: '200' },
        { ...one, answer: '200', duplicate: true, ms: 8 },
        { ...one, answer: '401 stale', expected: false, meaning: 'too old' },
        { ...one, answer: '401 stale', expected: false, meaning: 'too old' },
      ],
      2_000,
    );
    expect(text).toMatch(/│ 200 +│ 2 +│ 1 +│ 2 +│ 4\.0 +│ 8\.0 +│ 8\.0 +│ 8\.0 +│/);
    expect(text).toMatch(/│ 401 stale +│ 2 +│ 0 +│ 0 +│/);
    expect(text).toContain('4 requests in 2.0 s, 2.0 a second');
    expect(text.match(/401 stale: too old/g)).toHaveLength(1);
  });
});

describe('runPaced', () => {
  it('starts each once, in order, and never more at once than it may', async () => {
    const started: number[] = [];
    let [underWay, most] = [0, 0];
    await runPaced({
      count: 40,
      atOnce: 3,
      note: () => undefined,
      async start(turn) {
        started.push(turn);
        most = Math.max(most, (underWay += 1));
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
      },
    });
    expect([started, most, underWay]).toEqual([Array.from({ length: 40 }, (_, turn) => turn), 3, 0]);
  });

  it('does not start before its time', async () => {
    const begun = performance.now();
    const times: number[] = [];
    await runPaced({
      count: 5,
      rate: 50,
      atOnce: 100,
      note: () => undefined,
      start: async () => void times.push(performance.now() - begun),
    });
    // A timer's step of 1 ms aside.
    times.forEach((time, turn) => expect(time).toBeGreaterThanOrEqual(turn * 20 - 1));
  });

  it('ends with what a start throws', async () => {
    const start = (turn: number) => {
      if (turn === 2) throw new Error('no more');
      return Promise.resolve();
    };
    await expect(runPaced({ count: 9, atOnce: 1, note: () => undefined, start })).rejects.toThrow('no more');
  });
});
