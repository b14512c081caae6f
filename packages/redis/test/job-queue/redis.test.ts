import { testRedisUrl, uniquePrefix } from '@hookline/testing';
import { conformance } from './conformance.ts';

conformance('Redis', async () => ({
  place: { redis: testRedisUrl(), prefix: uniquePrefix() },
  stop: async () => {},
}));
