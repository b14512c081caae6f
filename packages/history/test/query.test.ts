import type { SearchQuery } from '@hookline/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSearch, printSearch } from '../src/index.ts';
import { holdsWord } from '../src/text/fold.ts';

const NOW = Date.parse('2026-03-31T14:00:00Z');

function read(text: string): unknown {
  const parsed = parseSearch(text, NOW);
  return parsed.kind === 'query' ? parsed.query : parsed.problem;
}

describe('a search as it is typed', () => {
  it('is fields, values of paths, and words', () => {
    expect(read('invoice.paid status:dead  source:stripe customer=cus_1 "ann@example.com"')).toEqual({
      status: 'dead',
      source: 'stripe',
      pairs: [{ path: 'customer', value: 'cus_1' }],
      phrases: ['invoice.paid', 'ann@example.com'],
    });
    expect(read('type:invoice.* handler:mail delivery:dead id:stripe.evt provider-id:"a b"')).toEqual({
      type: 'invoice.*',
      delivery: { handler: 'mail', status: 'dead' },
      idPrefix: 'stripe.evt',
      providerId: 'a b',
      pairs: [],
      phrases: [],
    });
    expect(read(String.raw`"a \"b\"" "x y"="c d" n= https://a.example/?b=1 10:30`)).toEqual({
      pairs: [
        { path: 'x y', value: 'c d' },
        { path: 'n', value: '' },
      ],
      phrases: ['a "b"', 'https://a.example/?b=1', '10:30'],
    });
    expect(read('')).toEqual({ phrases: [], pairs: [] });
  });

  it.each([
    ['from:2h', NOW - 7_200_000],
    ['from:7d', NOW - 7 * 86_400_000],
    ['from:2026-03-30', Date.parse('2026-03-30T00:00:00Z')],
    ['from:2026-03-30T10:00', Date.parse('2026-03-30T10:00:00Z')],
    ['from:2026-03-30T10:00:01.5+02:00', Date.parse('2026-03-30T08:00:01.500Z')],
  ])('knows the time %s', (text, from) => {
    expect(read(text)).toEqual({ from, phrases: [], pairs: [] });
  });

  it.each([
    ['sorce:stripe', 'sorce: is no field: did you mean source:?'],
    ['arn:aws', 'arn: is no field: there are source: provider:'],
    ['constructor:x', 'constructor: is no field'],
    ['status:ded', 'status:ded is none: there are status:received, status:queued'],
    ['delivery:x', 'delivery:x is none: there are delivery:pending'],
    ['from:yesterday', 'from:yesterday is no time: write from:2026-03-31'],
    ['from:2026-13-01', 'is no time'],
    ['type:a type:b', 'type: is there twice'],
    ['type: a', 'type: says nothing'],
    ['invoice.*', 'write type:invoice.*'],
    ['"!?"', '!? has no letter or digit'],
    ['"open', 'a quotation mark is open from "open: close it'],
    ['a"b"', 'a"b" has quotation marks within it'],
  ])('%s: is said to be wrong, and how to write it', (text, problem) => {
    expect(read(text)).toContain(problem.replace('write type:invoice.*', 'as in type:invoice.*'));
  });

  it('is the same when it is written and read again', () => {
    const text = fc.string({ minLength: 1, unit: 'binary' }).filter((each) => each.trim() !== '');
    const word = text.filter(holdsWord);
    const time = fc.integer({ min: 0, max: 4e12 });
    const query = fc.record(
      {
        source: text,
        provider: text,
        type: text,
        providerId: text,
        idPrefix: text,
        status: fc.constantFrom('dead', 'queued'),
        delivery: fc.oneof(
          fc.record({ handler: text }),
          fc.record({ status: fc.constantFrom('dead', 'pending'), handler: text }),
        ),
        from: time,
        until: time,
        phrases: fc.array(word, { maxLength: 3 }),
        pairs: fc.array(fc.record({ path: text, value: fc.string({ unit: 'binary' }) }), { maxLength: 3 }),
      },
      { requiredKeys: ['phrases', 'pairs'] },
    ) as fc.Arbitrary<SearchQuery>;
    fc.assert(fc.property(query, (asked) => expect(read(printSearch(asked))).toEqual(asked)));
  });

  it('ends in a query or a problem, whatever is typed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(read(text)).toBeDefined()));
  });
});
