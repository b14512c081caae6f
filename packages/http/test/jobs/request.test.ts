import { describe, expect, it } from '@jest/globals';
import { MAX_ATTEMPTS, milliseconds } from '@hookline/core';
import fc from 'fast-check';
import { isPlace } from '../../src/jobs/frame.ts';
import { readJob, readJobs } from '../../src/jobs/request.ts';
import { NOW } from './harness.ts';

const DAY = 86_400_000;
const read = (options: unknown) => readJob({ data: null, options }, NOW);

/** What an option came to, or the errors that name it. */
function outcome(option: string, value: unknown): 'taken' | readonly { path: string; message: string }[] {
  const result = read({ [option]: value });
  if (result.ok) return 'taken';
  for (const { path } of result.errors) expect(path.startsWith(`options.${option}`)).toBe(true);
  return result.errors;
}

/** Every number is taken within its bounds and refused outside, with one error that says what fits. */
function expectBounds(option: string, least: number, most: number, whole: boolean, bounds: string): void {
  const near = fc.oneof(
    fc.constantFrom(least, most, least - 1, most + 1, 0, -0, -1, 0.5, Number.MAX_SAFE_INTEGER),
    fc.integer({ min: least - 10, max: most + 10 }),
    fc.double({ noNaN: true, min: least - 10, max: most + 10 }),
    fc.double(),
  );
  fc.assert(
    fc.property(near, (value) => {
      const rounded = whole ? value : Math.round(value);
      const fits = value >= 0 && rounded >= least && rounded <= most && (!whole || Number.isInteger(value));
      const result = outcome(option, value);
      if (fits) expect(result).toBe('taken');
      else
        expect(result).toMatchObject([
          { path: `options.${option}`, message: expect.stringContaining(bounds) },
        ]);
    }),
    { numRuns: 300 },
  );
}

const durationText = fc
  .tuple(fc.nat(2_000_000), fc.constantFrom('ms', 's', 'm', 'h', 'd'))
  .map(([count, unit]) => `${count}${unit}`);

describe('the bounds of the options', () => {
  it('priority: 1 to 2,097,151, whole', () =>
    expectBounds('priority', 1, 2_097_151, true, 'from 1 to 2,097,151'));
  it('attempts: 1 to the most that a history keeps, whole', () =>
    expectBounds('attempts', 1, MAX_ATTEMPTS, true, 'from 1 to 100'));
  it('delay: 0 to 365 days', () => expectBounds('delay', 0, 365 * DAY, false, '0 to 365 days'));
  it('timeout: 1 ms to 24 days', () => expectBounds('timeout', 1, 24 * DAY, false, '1 ms to 24 days'));

  it('delay and timeout as texts are what core takes for a duration, in milliseconds', () => {
    fc.assert(
      fc.property(durationText, (text) => {
        const length = milliseconds(text);
        const delayed = read({ delay: text });
        expect(delayed.ok).toBe(length <= 365 * DAY);
        if (delayed.ok) expect(delayed.value[0].delay ?? 0).toBe(length);
        const timed = read({ timeout: text });
        expect(timed.ok).toBe(length >= 1 && length <= 24 * DAY);
        if (timed.ok) expect(timed.value[0].options).toEqual({ timeout: length });
      }),
    );
    for (const text of ['', '30', '30 sec', 's', '-1s', 'NaN', '1e3ms'])
      expect(outcome('delay', text)).toMatchObject([{ message: expect.stringContaining("like '30s'") }]);
  });

  it('backoff: a type of two, waits of 0 to 365 days, a jitter from 0 to 1', () => {
    const wait = fc.oneof(durationText, fc.integer({ min: -5, max: 366 * DAY }));
    const fits = (value: string | number) => {
      const length = typeof value === 'number' && value < 0 ? Number.NaN : milliseconds(value);
      return length >= 0 && length <= 365 * DAY;
    };
    fc.assert(
      fc.property(wait, wait, fc.double({ noNaN: true, min: -1, max: 2 }), (delay, max, jitter) => {
        const result = read({ backoff: { type: 'fixed', delay, max, jitter } });
        const wrong = [
          ...(fits(delay) ? [] : ['options.backoff.delay']),
          ...(fits(max) ? [] : ['options.backoff.max']),
          ...(jitter >= 0 && jitter <= 1 ? [] : ['options.backoff.jitter']),
        ];
        expect(result.ok ? [] : result.errors.map(({ path }) => path)).toEqual(wrong);
      }),
    );
    expect(outcome('backoff', { type: 'linear' })).toMatchObject([{ path: 'options.backoff.type' }]);
    expect(outcome('backoff', 'fixed')).toMatchObject([{ path: 'options.backoff' }]);
    expect(outcome('backoff', { dleay: 1 })).toMatchObject([{ path: 'options.backoff.dleay' }]);
  });

  it('id: 1 to 128 letters, digits, `.`, `_`, `-`, and nothing that an address would swallow', () => {
    const character = fc.oneof(fc.constantFrom(...'azAZ09._-'), fc.constantFrom(...'~:/ %{}\n\u0000éı'));
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 140 }), (id) => {
        const fits = /^[a-zA-Z0-9._-]+$/.test(id) && !id.includes('\n') && id.length <= 128;
        expect(outcome('id', id) === 'taken').toBe(fits && id !== '.' && id !== '..');
      }),
    );
    expect(outcome('id', 'a'.repeat(128))).toBe('taken');
    expect(outcome('id', 'a'.repeat(129))).not.toBe('taken');
    for (const id of ['.', '..', 7, null]) expect(outcome('id', id)).not.toBe('taken');
  });

  it('metadata: an object of at most 16 KiB of JSON', () => {
    const sized = (bytes: number) => ({ é: 'x'.repeat(bytes - Buffer.byteLength('{"é":""}')) });
    expect(outcome('metadata', sized(16_384))).toBe('taken');
    expect(outcome('metadata', sized(16_385))).toMatchObject([
      { message: 'must be at most 16,384 bytes of JSON: put the rest into data' },
    ]);
    for (const value of [[], null, 'text', 1]) expect(outcome('metadata', value)).not.toBe('taken');
  });

  it('runAt: a time at most 365 days ahead; one that is past is at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400 * DAY, max: 400 * DAY }), fc.boolean(), (ahead, asText) => {
        const time = NOW + ahead;
        const result = read({ runAt: asText ? new Date(time).toISOString() : time });
        expect(result.ok).toBe(ahead <= 365 * DAY);
        if (result.ok) expect(result.value[0].delay).toBe(ahead > 0 ? ahead : undefined);
      }),
    );
    expect(outcome('runAt', NOW + 365 * DAY + 1)).toMatchObject([
      { message: 'is too far ahead: the most is 365 days from now' },
    ]);
  });

  it('runAt: ISO 8601 with a zone, whatever the zone', () => {
    const result = read({ runAt: '2026-11-22T15:00:00+02:00' });
    expect(result).toMatchObject({ ok: true, value: [{ delay: 3_600_000 }] });
    for (const text of [
      '2026-11-22T13:00:00',
      '2026-11-22',
      'tomorrow',
      '2026-02-30T10:00:00Z',
      '',
      '1795348800000',
    ])
      expect(outcome('runAt', text)).toMatchObject([
        { message: expect.stringContaining('ISO 8601 with its zone') },
      ]);
    for (const time of [-1, 1.5, null, true, Number.NaN])
      expect(outcome('runAt', time)).toMatchObject([
        { message: expect.stringContaining('milliseconds since 1970') },
      ]);
  });

  it('runAt in seconds is noticed; it would run at once', () =>
    expect(outcome('runAt', Math.round(NOW / 1_000))).toEqual([
      { path: 'options.runAt', message: 'looks like seconds: multiply it by 1,000' },
    ]));

  it('runAt and delay do not stand together', () =>
    expect(read({ runAt: NOW, delay: 0 })).toEqual({
      ok: false,
      errors: [{ path: 'options.runAt', message: 'cannot stand beside delay: send one of them' }],
    }));

  it('are all that there is: what is not known is refused by its name', () => {
    for (const option of ['prioritys', 'jobId', 'constructor', 'repeat'])
      expect(read({ [option]: 1 })).toMatchObject({ ok: false, errors: [{ path: `options.${option}` }] });
    expect(readJob({ data: 1, queue: 'x' }, NOW)).toMatchObject({ errors: [{ path: 'queue' }] });
    expect(readJob(JSON.parse('{"data":1,"__proto__":{"name":"x"}}'), NOW).ok).toBe(false);
    expect(read(null).ok).toBe(false);
  });

  it('never repeat what the caller sent, but for what reads as a name', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, key) => {
        const marked = { [`<${key}>`]: value, name: `<${key}>`, options: { id: `<${key}>`, [`<${key}`]: 1 } };
        const result = readJob(marked, NOW);
        expect(JSON.stringify(result)).not.toContain('<');
        expect(result.ok).toBe(false);
      }),
    );
  });

  it('fill in what is not said: the name, an id that sorts by time, a priority, nothing else', () => {
    const jobs = [readJob({ data: 1 }, NOW), readJob({ data: 1 }, NOW)].flatMap((one) =>
      one.ok ? one.value : [],
    );
    expect(jobs.map(({ id: _id, ...job }) => job)).toEqual(
      Array.from({ length: 2 }, () => ({ name: 'default', data: 1, priority: 5 })),
    );
    const [first = '', second = ''] = jobs.map(({ id }) => id);
    expect(first < second).toBe(true);
  });

  it('are those of each entry of a list, by its index', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 15 }),
        (priorities) => {
          const result = readJobs(
            priorities.map((priority) => ({ data: 0, options: { priority } })),
            NOW,
            1_000,
          );
          const wrong = priorities.flatMap((priority, index) =>
            priority < 1 ? [`${index}.options.priority`] : [],
          );
          expect(result.ok ? [] : result.errors.map(({ path }) => path)).toEqual(wrong);
          if (result.ok) expect(result.value.map(({ priority }) => priority)).toEqual(priorities);
        },
      ),
    );
  });
});

describe('the place of a frame', () => {
  it('is two whole numbers of 64 bits', () => {
    const part = fc.bigInt({ min: 0n, max: 2n ** 64n + 5n });
    fc.assert(
      fc.property(part, part, (ms, sequence) => {
        expect(isPlace(`${ms}-${sequence}`)).toBe(ms < 2n ** 64n && sequence < 2n ** 64n);
      }),
    );
  });
});
