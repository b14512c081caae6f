import { testRedisUrl, uniquePrefix } from '@hookline/rig';

let setUp: () => Readonly<Record<string, string>> = () => ({ REDIS_URL: testRedisUrl() });

/** Has the tests of this file run somewhere else than on one partition of the tests' own Redis. */
export function runOn(settings: () => Readonly<Record<string, string>>): void {
  setUp = settings;
}

/** The settings that say where Redis is, and a prefix that no other test has. */
export function where(): Record<string, string> {
  return { ...setUp(), HOOKLINE_PREFIX: uniquePrefix() };
}
