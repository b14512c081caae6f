import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOwnRedis, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { connect, openRecordings, type Connection } from '../../src/index.ts';
import { silent } from '../support.ts';

let server: OwnRedis;
let redis: Connection;
beforeAll(async () => {
  server = await startOwnRedis({ appendfsync: 'no' });
  redis = connect({ kind: 'url', url: server.url }, 'worker');
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

describe('what a recorder has to write', () => {
  const open = () =>
    openRecordings([{ target: { kind: 'url', url: server.url }, prefix: uniquePrefix() }], silent)[0];

  it('is taken by a Redis that is full: nothing else makes room there', async () => {
    const recording = open();
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.config('SET', 'maxmemory', '1mb');
    await expect(redis.set('anything', 'x')).rejects.toThrow('OOM');
    expect(await recording.lead(5_000)).toBe(true);
    expect(await recording.lead(5_000)).toBe(true);
    await recording.noteRecordedOnce();
    expect(await recording.isRecordedOnce()).toBe(true);
    await redis.config('SET', 'maxmemory', 0);
    await recording.close();
  });
});
