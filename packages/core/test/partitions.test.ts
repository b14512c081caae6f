import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { layoutOf, partitionOfEvent, type RedisTarget } from '@hookline/core';

const [A, B]: readonly [RedisTarget, RedisTarget] = [
  { kind: 'url', url: 'redis://a' },
  { kind: 'url', url: 'redis://b' },
];

/** Of an event that is about nothing. */
const placeOf = (id: string, n: number) => partitionOfEvent({ id, source: 'stripe' }, n);

describe('the partitions of an installation', () => {
  test('one keeps the prefix, several number it', () => {
    expect(layoutOf([A], '{hookline}', 1)).toEqual([{ target: A, prefix: '{hookline}' }]);
    expect(layoutOf([A], '{shop}x', 2).map(({ prefix }) => prefix)).toEqual(['{shop:0}x', '{shop:1}x']);
  });

  test('take turns over the Redis that there are', () => {
    expect(layoutOf([A, B], '{h}', 4).map(({ target }) => target)).toEqual([A, B, A, B]);
  });

  test("an event goes where its subject's others go, whatever its id", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.integer({ min: 1, max: 64 }),
        (id, other, subject, n) => {
          const place = partitionOfEvent({ id, source: 'stripe', subject }, n);
          expect(partitionOfEvent({ id: other, source: 'stripe', subject }, n)).toBe(place);
          expect(place).toBeGreaterThanOrEqual(0);
          expect(place).toBeLessThan(n);
        },
      ),
    );
  });

  test('one more takes from the others what it gets, and moves nothing between them', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 63 }), (id, n) => {
        const [before, after] = [placeOf(id, n), placeOf(id, n + 1)];
        if (after !== before) expect(after).toBe(n);
      }),
    );
  });

  test.each([2, 4, 7, 16])('%i have equal shares, within a tenth', (n) => {
    const shares = Array.from({ length: n }, () => 0);
    const ids = 4_000 * n;
    for (let id = 0; id < ids; id += 1) shares[placeOf(`stripe.evt_${id}`, n)]! += 1;
    expect(Math.max(...shares)).toBeLessThan(4_400);
    expect(Math.min(...shares)).toBeGreaterThan(3_600);
  });

  test('stay where they are from one version to the next', () => {
    const of = (n: number) => ['stripe.evt_1', 'github.é', ''].map((id) => placeOf(id, n));
    expect([of(4), of(16)]).toMatchInlineSnapshot(`
[
  [
    1,
    2,
    0,
  ],
  [
    5,
    6,
    9,
  ],
]
`);
  });
});
