import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventuallyFits, startOwnRedis, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { openQueue, startDashboard, type Running } from './harness.ts';

const API = '/admin/queues/api';
const READS = ['/queues', '/redis/stats', '/job-schedulers', '/queues/default/job-1'];
const prefix = uniquePrefix();
let redis: OwnRedis;

beforeAll(async () => {
  redis = await startOwnRedis();
  const queue = openQueue(redis.url, prefix, 'default');
  await queue.add('charge', {}, { jobId: 'job-1' });
  await queue.close();
});

afterAll(() => redis.stop());

/** An answer that takes longer than this is what "hangs" means to whoever waits for it. */
function patiently(running: Running, path: string, method = 'GET'): Promise<Response> {
  const send = method === 'GET' ? running.get(API + path) : running.send(method, API + path);
  const late = new Promise<never>((_resolve, reject) => {
    AbortSignal.timeout(5_000).addEventListener('abort', () => reject(new Error(`${method} ${path} hangs`)));
  });
  return Promise.race([send, late]);
}

async function expectRefusals(running: Running): Promise<void> {
  for (const [method, path] of [
    ...READS.map((read) => ['GET', read]),
    ['PUT', '/queues/default/job-1/promote'],
  ]) {
    const answer = await patiently(running, path ?? '', method);
    expect([path, answer.status]).toEqual([path, 503]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toMatchObject({ error: 'redis_unavailable' });
  }
}

async function expectService(running: Running): Promise<void> {
  await eventuallyFits(
    () => patiently(running, '/queues/default/job-1'),
    ({ status }) => status === 200,
  );
}

describe('while Redis is away', () => {
  it.each<[string, () => unknown, () => unknown]>([
    ['frozen', () => redis.freeze(), () => redis.thaw()],
    ['killed', () => redis.kill(), () => redis.restart()],
  ])(
    '(%s) the API answers 503 at once, the page is still there, and all is well again afterwards',
    async (_how, leave, comeBack) => {
      const running = await startDashboard(redis.url, prefix);
      try {
        await expectService(running);
        await leave();
        await expectRefusals(running);
        expect((await running.get('/admin/queues')).status).toBe(200);
        await comeBack();
        await expectService(running);
      } finally {
        await running.close();
      }
    },
  );

  it('the dashboard starts all the same, and shows the queues once Redis is there', async () => {
    await redis.kill();
    const running = await startDashboard(redis.url, prefix);
    try {
      await expectRefusals(running);
      expect((await running.get('/admin/queues')).status).toBe(200);
      await redis.restart();
      await expectService(running);
    } finally {
      await running.close();
    }
  });
});
