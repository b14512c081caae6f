import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explainMismatch, matches, type Filter, type Scalar } from '../src/filter.ts';
import { filterProblems, isFilter } from '../src/filter-problems.ts';

const payload = {
  livemode: true,
  count: 0,
  nothing: null,
  empty: [],
  tags: ['new', 'vip'],
  data: { object: { amount: 4_900, currency: 'eur', lines: [{ sku: 'a', n: 1 }, { sku: 'b' }] } },
  grid: [[{ x: 1 }]],
};

describe('a filter', () => {
  it.each<[Filter, boolean]>([
    [{}, true],
    [{ livemode: true }, true],
    [{ livemode: 'true' }, false],
    [{ livemode: true, count: 1 }, false],
    [{ nothing: null }, true],
    [{ missing: null }, false],
    [{ 'data.object.amount': 4_900 }, true],
    [{ 'data.object.amount.cents': 4_900 }, false],
    [{ 'data.object.amount': { $gt: 4_899, $lt: 4_901 } }, true],
    [{ 'data.object.amount': { $gt: 4_900 } }, false],
    [{ 'data.object.amount': { $gte: 4_900, $lte: 4_900 } }, true],
    [{ 'data.object.amount': { $lt: 4_900 } }, false],
    [{ 'data.object.amount': { $gt: '1' } }, false],
    [{ 'data.object.amount': { $lt: '9' } }, false],
    [{ 'data.object.currency': { $gt: 'a', $lt: 'f' } }, true],
    [{ 'data.object.currency': { $in: ['usd', 'eur'] } }, true],
    [{ 'data.object.currency': { $nin: ['usd', 'eur'] } }, false],
    [{ 'data.object.currency': { $startsWith: 'eu' } }, true],
    [{ 'data.object.currency': { $startsWith: 'ur' } }, false],
    [{ 'data.object.amount': { $startsWith: '4' } }, false],
    [{ missing: { $ne: 1 } }, true],
    [{ missing: { $nin: [1] } }, true],
    [{ missing: { $exists: false } }, true],
    [{ nothing: { $exists: true } }, true],
    [{ empty: { $exists: true } }, true],
    [{ empty: { $exists: false } }, false],
    [{ count: { $not: { $gt: 0 } } }, true],
    [{ count: { $not: { $gte: 0 } } }, false],
  ])('of values: %j: %j', (filter, expected) => {
    expect(filterProblems(filter)).toEqual([]);
    expect(matches(filter, payload)).toBe(expected);
  });

  it.each<[Filter, boolean]>([
    [{ tags: 'vip' }, true],
    [{ tags: { $ne: 'vip' } }, false],
    [{ 'tags.0': 'new' }, true],
    [{ 'tags.1': 'new' }, false],
    [{ 'tags.2': { $exists: true } }, false],
    [{ 'tags.length': { $exists: true } }, false],
    [{ 'data.object.lines.sku': 'b' }, true],
    [{ 'data.object.lines.sku': { $in: ['c', 'a'] } }, true],
    [{ 'data.object.lines.sku': 'c' }, false],
    [{ 'data.object.lines.1.sku': 'b' }, true],
    [{ 'data.object.lines.n': { $exists: true } }, true],
    // Each condition by an element of its own.
    [{ 'data.object.lines.sku': 'b', 'data.object.lines.n': 1 }, true],
    [{ 'grid.x': 1 }, false],
    [{ 'grid.0.x': 1 }, true],
    [{ 'grid.length': { $exists: true } }, false],
  ])('that meets arrays: %j: %j', (filter, expected) => {
    expect(matches(filter, payload)).toBe(expected);
  });

  it.each<[Filter, boolean]>([
    [{ $or: [{ count: 1 }, { livemode: true }] }, true],
    [{ $or: [{ count: 1 }, { livemode: false }] }, false],
    [{ $and: [{ count: 0 }, { livemode: true }] }, true],
    [{ $and: [{ count: 0 }, { livemode: false }] }, false],
    [{ $not: { count: 0, livemode: true } }, false],
    [{ $not: { count: 0, livemode: false } }, true],
    [{ livemode: true, $or: [{ $not: { count: 0 } }, { $and: [{ tags: 'vip' }] }] }, true],
  ])('of several: %j: %j', (filter, expected) => {
    expect(matches(filter, payload)).toBe(expected);
  });

  it('sees what was sent and nothing that every object has', () => {
    for (const path of ['constructor', 'toString', '__proto__', 'data.hasOwnProperty', 'livemode.valueOf']) {
      expect(matches({ [path]: { $exists: true } }, payload)).toBe(false);
    }
    expect(matches({ '__proto__.admin': true }, JSON.parse('{"__proto__": {"admin": true}}'))).toBe(true);
  });

  it('finds no path in what is not JSON', () => {
    for (const none of [undefined, null, 7, 'text', Buffer.from('{}')]) {
      expect(matches({ a: { $exists: true } }, none)).toBe(false);
      expect(matches({ a: { $exists: false } }, none)).toBe(true);
    }
  });

  it('goes as deep as its path, however deep the payload is', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    expect(matches({ 'a.b': 1, '0.0.0': { $exists: true } }, deep)).toBe(false);
    expect(matches({ '0.0.0': { $exists: true } }, deep)).toBe(true);
  });
});

const keys = fc.constantFrom('a', 'b', '0', '1', 'constructor', 'length');
const scalars: fc.Arbitrary<Scalar> = fc.oneof(
  fc.constantFrom(0, 1, 2, 'a', 'ab', 'b', true, false, null),
  fc.integer(),
  fc.string(),
);
const { value: payloads } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
}));
const paths = fc.array(keys, { minLength: 1, maxLength: 3 }).map((each) => each.join('.'));

/** What lies at a path, by recursion from its front; the filter goes by lists. */
function reach(value: unknown, [key, ...rest]: readonly string[]): unknown[] {
  if (key === undefined) return Array.isArray(value) ? (value as unknown[]) : [value];
  if (Array.isArray(value) && !/^\d+$/.test(key))
    return value.filter((element) => !Array.isArray(element)).flatMap((each) => reach(each, [key, ...rest]));
  const own = new Map(Object.entries(Object(typeof value === 'object' ? value : {}) as object));
  return own.has(key) ? reach(own.get(key), rest) : [];
}

describe('any filter', () => {
  it('compares as a plain reading of the payload does', () => {
    fc.assert(
      fc.property(
        payloads,
        paths,
        fc.array(scalars, { minLength: 1, maxLength: 3 }),
        (value, path, asked) => {
          const [one = null] = asked;
          const values = reach(value, path.split('.'));
          const asks = (condition: Filter[string]) => matches({ [path]: condition }, value);
          expect(asks(one)).toBe(values.some((each) => each === one));
          expect(asks({ $ne: one })).toBe(values.every((each) => each !== one));
          expect(asks({ $in: asked })).toBe(values.some((each) => asked.some((any) => any === each)));
          expect(asks({ $nin: asked })).toBe(values.every((each) => asked.every((any) => any !== each)));
          if (typeof one === 'number')
            expect(asks({ $gt: one })).toBe(values.some((each) => typeof each === 'number' && each > one));
          if (typeof one === 'string') {
            expect(asks({ $lte: one })).toBe(values.some((each) => typeof each === 'string' && each <= one));
            expect(asks({ $startsWith: one })).toBe(
              values.some((each) => typeof each === 'string' && each.slice(0, one.length) === one),
            );
          }
        },
      ),
    );
  });

  const conditions = fc.oneof(
    scalars,
    fc.record(
      {
        $eq: scalars,
        $ne: scalars,
        $gt: fc.oneof(fc.integer(), fc.string()),
        $in: fc.array(scalars, { minLength: 1 }),
        $exists: fc.boolean(),
      },
      { requiredKeys: ['$ne'] },
    ),
  );
  const { filter: filters } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.dictionary(paths, conditions, { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Filter>,
      fc.record({ $or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Filter>,
      fc.record({ $and: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Filter>,
      fc.record({ $not: tie('filter') }) as fc.Arbitrary<Filter>,
    ),
  }));

  it('is joined as logic has it, and says a reason exactly when it does not match', () => {
    fc.assert(
      fc.property(filters, filters, payloads, (a, b, value) => {
        expect(filterProblems(a)).toEqual([]);
        const [isA, isB] = [matches(a, value), matches(b, value)];
        expect(matches({ $or: [a, b] }, value)).toBe(isA || isB);
        expect(matches({ $and: [a, b] }, value)).toBe(isA && isB);
        expect(matches({ $not: a }, value)).toBe(!isA);
        expect(matches(JSON.parse(JSON.stringify(a)) as Filter, value)).toBe(isA);
        const reason = explainMismatch(a, value);
        expect(reason === undefined).toBe(isA);
        expect((reason ?? '').length).toBeLessThanOrEqual(301);
      }),
    );
  });

  it('throws on no payload', () => {
    fc.assert(
      fc.property(
        filters,
        fc.anything({ withBigInt: true, withDate: true, withMap: true }),
        (filter, any) => {
          expect(typeof matches(filter, any)).toBe('boolean');
        },
      ),
    );
  });

  it('is checked without throwing, and what passes can be asked and told to others', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), filters), payloads, (any, value) => {
        const problems = filterProblems(any);
        if (problems.length > 0) return;
        expect(isFilter(any)).toBe(true);
        const told = JSON.parse(JSON.stringify(any)) as Filter;
        expect(matches(told, value)).toBe(matches(any as Filter, value));
      }),
    );
  });
});

describe('the reason why a filter refuses', () => {
  it.each<[Filter, string | undefined]>([
    [{ livemode: true }, undefined],
    [{ livemode: false }, 'livemode is not false'],
    [{ livemode: true, 'data.object.currency': 'usd', count: 1 }, 'data.object.currency is not "usd"'],
    [{ missing: 1 }, 'missing is not 1, it is not there'],
    [{ count: { $ne: 0 } }, 'count is 0'],
    [{ count: { $gt: 0 } }, 'count is not greater than 0'],
    [{ count: { $gte: 1 } }, 'count is not at least 1'],
    [{ count: { $lt: 0 } }, 'count is not less than 0'],
    [{ count: { $lte: -1 } }, 'count is not at most -1'],
    [{ tags: { $in: ['a', 1] } }, 'tags is none of ["a",1]'],
    [{ tags: { $nin: ['vip'] } }, 'tags is one of ["vip"]'],
    [{ missing: { $exists: true } }, 'missing is not there'],
    [{ count: { $exists: false } }, 'count is there'],
    [{ 'data.object.currency': { $startsWith: 'us' } }, 'data.object.currency does not begin with "us"'],
    [{ count: { $not: { $lt: 1 } } }, 'count is what $not rules out: {"$lt":1}'],
    [{ $not: { count: 0 } }, 'what $not rules out holds: {"count":0}'],
    [{ $or: [{ count: 1 }, { tags: 'x' }] }, 'nothing of $or holds: count is not 1; tags is not "x"'],
    [{ $and: [{ count: 0 }, { tags: 'x' }] }, 'tags is not "x"'],
  ])('%j: %s', (filter, reason) => {
    expect(explainMismatch(filter, payload)).toBe(reason);
  });

  it('says nothing of what the payload holds', () => {
    const secret = { token: 'sk_live_1', list: ['sk_live_2'] };
    const filters: Filter[] = [
      { token: 'other' },
      { token: { $startsWith: 'pk' } },
      { list: { $in: ['a'] } },
      { $or: [{ token: { $lt: 'a' } }, { list: 'b' }] },
    ];
    for (const filter of filters) expect(explainMismatch(filter, secret)).not.toContain('sk_live');
  });
});

describe('a filter that cannot be asked', () => {
  const levels = (count: number): Filter => (count === 1 ? { a: 1 } : { $not: levels(count - 1) });
  it.each<[unknown, string]>([
    [[], 'a list is no filter: use an object of paths and values'],
    [new Map(), 'a Map is no filter: use an object of paths and values'],
    [
      { a: undefined },
      "'a' undefined is not compared with: use a text, a finite number, true, false or null",
    ],
    [{ a: Number.NaN }, "'a' NaN is not compared with: use a text, a finite number, true, false or null"],
    [{ a: /x/ }, "'a' a RegExp is not compared with: use a text, a finite number, true, false or null"],
    [{ a: ['x'] }, "'a' a list is not compared with: use { $in: […] } for any of these"],
    [{ a: {} }, "'a' has no condition: write a value or an operator such as { $exists: true }"],
    [{ 'a..b': 1 }, "'a..b' has a key without a name: write one like 'data.object.id'"],
    [
      { a: { b: 1 } },
      "'a' has the key 'b', which is no operator: write a deeper path with dots, as in 'data.object'",
    ],
    [{ $xor: [] }, '$xor is no operator; did you mean $or? (known: $and, $or, $not)'],
    [{ $gt: 5 }, "$gt stands below a path: write { 'data.object.id': { $gt: … } }"],
    [{ $or: { a: 1 } }, '$or takes a list of one or more filters: use [{ … }, { … }]'],
    [{ $or: [] }, '$or takes a list of one or more filters: use [{ … }, { … }]'],
    [{ $or: [{ a: 1 }, 7] }, '$or.1 7 is no filter: use an object of paths and values'],
    [{ $or: [{ a: { $gt: null } }] }, "$or.0.'a' $gt takes a finite number or a text, and not null"],
    [{ a: { $in: 'x' } }, "'a' $in takes a list of 1 to 1000 values"],
    [{ a: { $nin: [{}] } }, "'a' $nin takes texts, finite numbers, true, false and null only"],
    [{ a: { $exists: 'yes' } }, `'a' $exists takes true or false, and not "yes"`],
    [{ a: { $startsWith: 7 } }, "'a' $startsWith takes a text, and not 7"],
    [{ a: { $not: 7 } }, "'a' $not takes operators as in { $not: { $gt: 5 } }, and not 7: use $ne"],
    [{ a: { $not: { $in: [] } } }, "'a' $not $in takes a list of 1 to 1000 values"],
    [
      { ['a'.repeat(201)]: 1 },
      `'${'a'.repeat(200)}' is too long: a path has up to 200 characters and 20 keys`,
    ],
    [levels(9), `${'$not.'.repeat(7)}$not is nested deeper than 8 levels: decide that in run`],
    [
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, n])),
      "'k99' there are more than 100 conditions: use $in, or decide that in run",
    ],
    [
      { a: { $in: Array.from({ length: 900 }, () => 'x'.repeat(20)) } },
      'it has 20715 characters of JSON, and may have 16384: decide the rest in run',
    ],
  ])('%#: %s', (filter, problem) => {
    expect(filterProblems(filter)).toEqual([problem]);
  });

  it('is found out however it is built', () => {
    const circle: Record<string, unknown> = {};
    circle['$not'] = circle;
    expect(filterProblems(circle)).toHaveLength(1);
    expect(filterProblems(levels(8))).toEqual([]);
  });
});
