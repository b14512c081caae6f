import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOwnRedis, type OwnRedis } from '@hookline/rig';
import { connect, createJobStore, createPartition, createPartitions } from '@hookline/redis';
import { openStage, type Stage } from './processes.ts';

let stage: Stage;
let redis: OwnRedis;
beforeAll(async () => {
  stage = openStage();
  redis = await startOwnRedis();
}, 60_000);
afterAll(async () => {
  await stage.close();
  await redis.stop();
});

describe('npm start', () => {
  it('with a Redis that is nowhere hung in silence until kill -9: it says what it waits for, and stops', async () => {
    const system = stage.run('cli', { REDIS_URL: 'redis://user:s3cret@127.0.0.1:1' }, ['start']);
    await system.says(/waiting for Redis; a worker cannot start without it\s+redis=127\.0\.0\.1:1/, 40_000);
    await system.says(/hookline: still waiting for the worker to be ready/, 20_000);
    const began = performance.now();
    system.child.kill('SIGINT');
    expect(await system.ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(8_000);
    expect(system.output()).not.toMatch(/s3cret|internal error|error {2}/);
  }, 80_000);
});

describe('a worker that is told to stop while a handler runs', () => {
  it('says for how many it waits and until when, and ends at once when told again', async () => {
    const appDir = stage.appDir({
      'jobs/long.mjs':
        "export default { name: 'long', run: () => { console.log('long has begun'); return new Promise((resolve) => setTimeout(resolve, 20_000)); } };",
    });
    const env = { REDIS_URL: redis.url, APP_DIR: appDir };
    const worker = stage.run('worker', env);
    await worker.says(/worker: ready/);
    const connection = connect({ kind: 'url', url: redis.url }, 'worker');
    const partition = createPartition(connection, '{hookline}');
    const jobs = createJobStore({ partitions: createPartitions([partition]), retention: 60_000 });
    await jobs.create([{ id: 'one', name: 'long', data: null, priority: 5 }]);
    connection.disconnect();
    await worker.says(/long has begun/);
    worker.child.kill('SIGTERM');
    await worker.says(/waiting for jobs that run.*jobs=1.*until=\S+T\S+Z/);
    const began = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(1);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(worker.output()).toMatch(/a second signal: ending at once/);
  }, 40_000);
});
