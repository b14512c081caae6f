import { describe, expect, it } from '@jest/globals';
import { providers } from '@hookline/providers';
import type { Provider } from '@hookline/core';
import { measureVerify } from '../src/verify-time.ts';
import { Sample, welchT } from '../src/welch.ts';

const NOW = Date.UTC(2026, 10, 22);

/** The same numbers each time (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe("Welch's t", () => {
  it('is the distance of two means in standard errors', () => {
    const [a, b] = [new Sample(), new Sample()];
    for (const value of [1, 2, 3]) a.add(value);
    for (const value of [2, 4, 6]) b.add(value);
    expect([a.mean, b.mean, a.variance, b.variance]).toEqual([2, 4, 1, 4]);
    // By hand: (2 - 4) / sqrt(1/3 + 4/3).
    expect(welchT(a, b)).toBeCloseTo(-1.5492, 4);
    expect(welchT(a, a)).toBe(0);
  });
});

describe('the measurement', () => {
  it('finds a comparison that stops at the first difference', () => {
    const real = providers.get('stripe');
    if (real === undefined) throw new Error('stripe is gone');
    const secret = real.makeSecret(Buffer.alloc(32, 7));
    const leaky: Provider = {
      ...real,
      verify(request, secrets, now) {
        const verdict = real.verify(request, secrets, now);
        const right = real.sign(request.body, [secret], now)['stripe-signature'] ?? '';
        const given = request.headers['stripe-signature'] ?? '';
        for (let i = 0; i < right.length; i += 1) {
          if (right[i] !== given[i]) return verdict;
          for (let work = 0; work < 200; work += 1) Math.sqrt(work * i);
        }
        return verdict;
      },
    };
    const { t, early, late } = measureVerify(leaky, 1_500, NOW, seeded(1));
    expect(late).toBeGreaterThan(early);
    expect(t).toBeLessThan(-4.5);
  });

  it('refuses a provider whose own signature does not hold', () => {
    const real = providers.get('github');
    if (real === undefined) throw new Error('github is gone');
    const broken: Provider = { ...real, verify: () => ({ ok: false, reason: 'mismatch' }) };
    expect(() => measureVerify(broken, 1, NOW, seeded(1))).toThrow('what it signs itself does not verify');
  });
});
