import { startOwnRedis } from '@hookline/rig';
import { describe, expect, it } from '@jest/globals';
import { connect } from '../../src/client/connection.ts';
import { serverProblem, versionProblemOf } from '../../src/client/server-facts.ts';

describe('a Redis of a version', () => {
  it.each(['6.0.16', '6.2.14', '5.0.7', '2.8.0'])('%s is too old, and what is needed is said', (version) => {
    expect(versionProblemOf(version)).toContain(`This Redis is ${version}, and Hookline needs 7.0 or newer`);
  });

  it.each(['7.0.15', '7.2.4', '8.4.0', '255.255.255', 'unknown', undefined])(
    '%s is not refused',
    (version) => {
      expect(versionProblemOf(version)).toBeUndefined();
    },
  );

  it('is asked of the server itself', async () => {
    const redis = await startOwnRedis();
    const connection = connect({ kind: 'url', url: redis.url }, 'worker');
    try {
      expect(await serverProblem(connection, '{own}')).toBeUndefined();
      await connection.config('SET', 'maxmemory-policy', 'allkeys-lru');
      expect(await serverProblem(connection, '{own}')).toContain("maxmemory-policy is 'allkeys-lru'");
    } finally {
      connection.disconnect();
      await redis.stop();
    }
  });
});
