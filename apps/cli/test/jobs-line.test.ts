import { describe, expect, it } from '@jest/globals';
import type { MovedJob } from '@hookline/redis';
import fc from 'fast-check';
import { formatLine, parseLine } from '../src/jobs/line.ts';

const read = (line: string) => parseLine(Buffer.from(line));

const pending = {
  kind: 'tracked',
  id: 'a',
  name: 'count',
  queue: 'default',
  status: 'pending',
  created: 1,
  updated: 2,
  data: null,
  output: [],
} as const satisfies MovedJob;
const failed = { ...pending, status: 'failed', error: { name: 'Error', message: 'no' } } as const;
const queued = {
  kind: 'queued',
  id: 'b',
  name: 'any name',
  queue: 'library',
  state: 'waiting',
  created: 1,
  data: 0,
} as const satisfies MovedJob;

describe('a line of exported jobs', () => {
  const json = fc.jsonValue({ stringUnit: 'binary' });
  const metadata = fc.dictionary(fc.string({ unit: 'binary' }), json);
  const time = fc.nat(2_000_000_000_000);
  const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const steps = fc.array(
    fc.record({ step: fc.nat(), timestamp: time, processingTime: fc.nat(), data: json }),
    { maxLength: 3 },
  );

  it('reads as the job it was written of, whatever its data is', () => {
    fc.assert(
      fc.property(
        json,
        json,
        some(metadata),
        steps,
        some(time),
        some(fc.dictionary(fc.string(), fc.string())),
        (data, result, given, output, runAt, effects) => {
          const more = JSON.parse(JSON.stringify({ metadata: given, runAt, effects })) as object;
          const jobs: MovedJob[] = [
            { ...pending, data, output, ...more },
            { ...pending, ...more, data, output, status: 'succeeded', result },
            { ...queued, data, ...(given === undefined ? {} : { metadata: given }) },
          ];
          for (const job of jobs) {
            const line = formatLine(job);
            expect(line).not.toContain('\n');
            expect(read(line)).toEqual(JSON.parse(JSON.stringify(job)));
          }
        },
      ),
    );
  });

  it('keeps keys and characters that others lose', () => {
    const data = JSON.parse('{"__proto__":{"a":[]},"line":"\u2028\u2029\\ud800"}') as unknown;
    const back = read(formatLine({ ...pending, data }));
    expect(JSON.stringify(back.data)).toBe('{"__proto__":{"a":[]},"line":"\u2028\u2029\\ud800"}');
  });

  it.each<[string, unknown, RegExp]>([
    ['a newer version', { version: 2, ...pending }, /version 2, and this Hookline reads up to version 1/],
    ['no version', pending, /version must be 1/],
    ['another kind', { version: 1, ...pending, kind: 'event' }, /kind must be tracked or queued/],
    ['a field nobody knows', { version: 1, ...pending, prio: 1 }, /^prio is not known here/],
    ['a status nobody knows', { version: 1, ...pending, status: 'done' }, /^status must be pending, proc/],
    ['no data', { version: 1, ...pending, data: undefined }, /^data is missing/],
    ['an id that cannot be', { version: 1, ...pending, id: 'a:b' }, /^id must be 1 to 2000 characters/],
    [
      "an id that is one of BullMQ's keys",
      { version: 1, ...queued, id: 'wait' },
      /^id 'wait' cannot be: BullMQ/,
    ],
    ['an id of digits', { version: 1, ...queued, id: '12' }, /^id '12' cannot be: .* not only digits/],
    ["an id that is another job's stream", { version: 1, ...pending, id: 'a/stream' }, /^id must not end/],
    ['a queue that cannot be', { version: 1, ...pending, queue: 'a/b' }, /^queue must be 1 to 64/],
    ['a failed job without error', { version: 1, ...failed, error: undefined }, /^error must be there/],
    ['a pending job with error', { version: 1, ...failed, status: 'pending' }, /^error must be there/],
    ['a succeeded job without result', { version: 1, ...pending, status: 'succeeded' }, /^result must be/],
    [
      'a priority that cannot be',
      { version: 1, ...queued, priority: 2_097_152 },
      /^priority must be a whole/,
    ],
    ['a time after 2038', { version: 1, ...pending, runAt: 1e14 }, /^runAt must be a whole number/],
    ['too many attempts', { version: 1, ...pending, options: { attempts: 101 } }, /^options.attempts must/],
    [
      'effects that are no texts',
      { version: 1, ...pending, effects: { a: 1 } },
      /^effects must be an object/,
    ],
    [
      'a duration that cannot be',
      { version: 1, ...pending, options: { backoff: { delay: '2 weeks' } } },
      /^options.backoff.delay must be milliseconds, or a text like '30s'/,
    ],
    ['no object', [1], /^is no object/],
  ])('with %s is refused with the cause', (_, value, message) => {
    expect(() => read(JSON.stringify(value))).toThrow(message);
  });

  it('that is cut off, or no UTF-8, is refused with the cause', () => {
    expect(() => read(formatLine(pending).slice(0, -3))).toThrow(/^is not JSON: was the file cut off/);
    expect(() => parseLine(Buffer.from(formatLine({ ...pending, data: 'ü' }), 'latin1'))).toThrow(
      /^is not UTF-8/,
    );
  });
});
