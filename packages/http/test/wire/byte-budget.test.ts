import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ByteBudget, type Hold } from '../../src/wire/byte-budget.ts';

const MIB = 2 ** 20;
const LARGE = 8 * MIB;

/** Opens unfinished bodies until no more is taken. */
function fill(budget: ByteBudget, peer: string, source: string, bytes = LARGE): Hold[] {
  const holds: Hold[] = [];
  for (;;) {
    const hold = budget.open(bytes, { peer, source });
    if (!hold.take(bytes)) return holds;
    holds.push(hold);
  }
}

describe('a sender whose bodies never end', () => {
  it('took all the memory that there is for bodies: it has half, and the others the rest', () => {
    const budget = new ByteBudget(256 * MIB);
    expect(fill(budget, '192.0.2.1', 'github')).toHaveLength(16);
    for (const source of ['github', 'stripe']) {
      const other = budget.open(LARGE, { peer: '192.0.2.2', source });
      expect([source, other.take(LARGE)]).toEqual([source, true]);
      other.release();
    }
  });

  it('has no more than a quarter once others hold half', () => {
    const budget = new ByteBudget(256 * MIB);
    for (let n = 0; budget.used < 128 * MIB; n += 1)
      budget.open(LARGE, { peer: `192.0.2.${n}`, source: 'stripe' }).take(LARGE);
    expect(fill(budget, '198.51.100.1', 'github')).toHaveLength(8);
  });

  it('that seemed small counts as large once it has grown', () => {
    const budget = new ByteBudget(256 * MIB);
    for (let n = 0; n < 300; n += 1) fill(budget, `192.0.2.${n}`, `source-${n % 7}`);
    expect(budget.used).toBe(224 * MIB);
    const grown = budget.open(0, { peer: '198.51.100.1', source: 'github' });
    expect([grown.take(64 * 1024), grown.take(1)]).toEqual([true, false]);
  });

  it('may have all that there is while nobody else sends', () => {
    const budget = new ByteBudget(8 * MIB);
    const only = budget.open(LARGE, { peer: '192.0.2.1', source: 'github' });
    expect([only.take(7 * MIB), only.take(MIB), only.take(1)]).toEqual([true, true, false]);
  });

  it('with many addresses leaves the other sources theirs, and small bodies always', () => {
    const budget = new ByteBudget(256 * MIB);
    for (let n = 0; n < 300; n += 1) fill(budget, `192.0.2.${n}`, 'github');
    expect(budget.used).toBe(192 * MIB);
    expect(budget.open(LARGE, { peer: '198.51.100.1', source: 'stripe' }).take(LARGE)).toBe(true);
    for (let n = 0; n < 300; n += 1) fill(budget, `198.51.100.${n}`, `source-${n % 7}`);
    expect(budget.used).toBe(224 * MIB);
    expect(budget.open(0, { peer: '203.0.113.1', source: 'github' }).take(64 * 1024)).toBe(true);
    const sameProxy = budget.open(0, { peer: '192.0.2.1', source: 'github' });
    expect(sameProxy.take(2_000)).toBe(true);
  });

  it('cannot fill the reserve with many small bodies alone', () => {
    const budget = new ByteBudget(256 * MIB);
    for (let n = 0; n < 300; n += 1) fill(budget, `192.0.2.${n}`, `source-${n % 7}`);
    expect(fill(budget, '198.51.100.1', 'github', 64 * 1024)).toHaveLength(256);
    expect(budget.open(0, { peer: '198.51.100.2', source: 'github' }).take(64 * 1024)).toBe(true);
  });
});

it('the budget is whole again when everything is given back, in whatever order', () => {
  const moves = fc.array(
    fc.record({
      peer: fc.nat(3),
      source: fc.nat(3),
      announced: fc.nat(200_000),
      chunks: fc.array(fc.nat(90_000)),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(moves, (bodies) => {
      const budget = new ByteBudget(1_000_000);
      const holds = bodies.map(({ peer, source, announced, chunks }) => {
        const hold = budget.open(announced, { peer: String(peer), source: String(source) });
        for (const bytes of chunks) hold.take(bytes);
        expect(budget.used).toBeLessThanOrEqual(1_000_000);
        return hold;
      });
      for (const hold of holds) {
        hold.release();
        hold.release();
      }
      expect(budget.used).toBe(0);
      expect(budget.open(0, { peer: '0', source: '0' }).take(60_000)).toBe(true);
    }),
  );
});
