import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { conformance } from './conformance.ts';

conformance('Redis', async () => ({
  place: { redis: testRedisUrl(), prefix: uniquePrefix() },
  stop: async () => {},
}));
