import { testRedisUrl, uniquePrefix } from '@hookline/rig';

let settings: Readonly<Record<string, string>> | undefined;

/** Has the tests that are imported from now on run somewhere else than on the Redis that all tests share. */
export function runOn(where: Readonly<Record<string, string>>): void {
  settings = where;
}

/** The settings that say where Redis is, and a prefix that no other test has. */
export function where(): Record<string, string> {
  return { ...(settings ?? { REDIS_URL: testRedisUrl() }), HOOKLINE_PREFIX: uniquePrefix() };
}
