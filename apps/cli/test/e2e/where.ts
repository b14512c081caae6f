import { testRedisUrl, uniquePrefix } from '@hookline/rig';

/** The settings that say where Redis is, and a prefix that no other test has. */
export function where(): Record<string, string> {
  return { REDIS_URL: testRedisUrl(), HOOKLINE_PREFIX: uniquePrefix() };
}
