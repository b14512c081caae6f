import { describe, expect, it } from '@jest/globals';
import { NO_METER, type Meter } from '@hookline/core';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { openEventStore } from '../../src/index.ts';
import { incoming, silent } from '../support.ts';

describe('the clock', () => {
  it.each([
    [-5_000, 1],
    [5_000, 1],
    [0, 0],
  ])('%d ms beside that of Redis is warned of %d times, and no reason to refuse', async (skew, times) => {
    const warnings: Record<string, unknown>[] = [];
    const gauges = new Map<string, () => unknown>();
    const meter: Meter = { ...NO_METER, gauge: ({ name }, read) => void gauges.set(name, read) };
    const store = await openEventStore({
      layout: [{ target: { kind: 'url', url: testRedisUrl() }, prefix: uniquePrefix() }],
      log: { ...silent, warn: (_message, fields = {}) => void warnings.push(fields) },
      meter,
      now: () => Date.now() + skew,
    });
    try {
      expect((await store.accept(incoming())).kind).toBe('accepted');
      expect(warnings).toHaveLength(times);
      for (const { here, redis } of warnings) {
        const apart = Date.parse(String(here)) - Date.parse(String(redis));
        expect(Math.abs(apart - skew)).toBeLessThan(1_500);
      }
      expect(Math.abs(Number(gauges.get('hookline_clock_skew_seconds')?.()) + skew / 1_000)).toBeLessThan(
        1.5,
      );
    } finally {
      await store.close();
    }
  });
});
