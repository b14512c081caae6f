import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retryPolicy } from '@hookline/core';
import { eventually, startOwnRedis } from '@hookline/rig';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, findEvent, type Connection } from '../../src/index.ts';
import { retryWhileLoading } from '../../src/client/retry-while-loading.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

/** Ways in which a server answers and cannot serve, and the ways out of them. */
const TROUBLES = {
  'has no memory left': {
    begin: (admin: Connection) => admin.config('SET', 'maxmemory', '1'),
    end: (admin: Connection) => admin.config('SET', 'maxmemory', '0'),
  },
  'is a replica for a moment': {
    begin: (admin: Connection) => admin.replicaof('127.0.0.1', '1'),
    end: (admin: Connection) => admin.replicaof('NO', 'ONE'),
  },
};

describe.each(Object.entries(TROUBLES))('while Redis %s', (_, { begin, end }) => {
  let redis: Awaited<ReturnType<typeof startOwnRedis>>;
  let bench: Bench;
  let admin: Connection;
  beforeEach(async () => {
    redis = await startOwnRedis({ appendfsync: 'no' });
    bench = openBench(redis.url);
    admin = connect({ kind: 'url', url: redis.url }, 'worker');
  });
  afterEach(async () => {
    await bench.close();
    admin.disconnect();
    await redis.stop();
  });

  it('an effect that was just made is kept, and its handler settled, when it serves again', async () => {
    let effects = 0;
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler(
          'one',
          (_event, ctx) =>
            ctx.once('charge', async () => {
              effects += 1;
              await begin(admin);
              setTimeout(() => void end(admin), 700);
            }),
          { retry: retryPolicy({ attempts: 5, backoff: { delay: 10 } }) },
        ),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await findEvent(bench.partitions, event.id))?.status === 'handled');
    await wait(100);
    expect(effects).toBe(1);
    expect(await bench.redis.llen(`${bench.prefix}/attempts/${event.id}~one`)).toBe(0);
  });
});

describe('retryWhileLoading', () => {
  it.each([
    'LOADING Redis is loading the dataset in memory',
    'MISCONF Errors writing to the AOF file: No space left on device',
    "OOM command not allowed when used memory > 'maxmemory'. script: abc, on @user_script:3.",
    "ERR Error running script (call to f_1): @user_script:12: -READONLY You can't write against a read only replica.",
    'BUSY Redis is busy running a script.',
    'Too many Cluster redirections. Last error: Error: Connection is closed.',
  ])('asks again after: %s', async (message) => {
    let calls = 0;
    const answer = await retryWhileLoading(() => {
      calls += 1;
      return calls < 3 ? Promise.reject(new Error(message)) : Promise.resolve('done');
    });
    expect([answer, calls]).toEqual(['done', 3]);
  });

  it.each(['WRONGTYPE Operation against a key', 'ERR wrong number of arguments', 'Connection is closed.'])(
    'does not after: %s',
    async (message) => {
      let calls = 0;
      const asked = retryWhileLoading(() => {
        calls += 1;
        return Promise.reject(new Error(message));
      });
      await expect(asked).rejects.toThrow(message);
      expect(calls).toBe(1);
    },
  );
});
