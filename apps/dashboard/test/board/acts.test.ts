import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  connect,
  createPartition,
  createPartitions,
  unrecordedAudit,
  type Connection,
} from '@hookline/redis';
import { eventuallyFits, testRedisUrl, uniquePrefix } from '@hookline/rig';
import type { Queue } from 'bullmq';
import { openQueue, startDashboard, USER, type Running } from '../harness.ts';

const API = '/admin/queues/api';
let prefix: string;
let redis: Connection;
let running: Running;
let work: Queue;

beforeEach(async () => {
  prefix = uniquePrefix();
  redis = connect({ kind: 'url', url: testRedisUrl() }, 'worker');
  work = openQueue(testRedisUrl(), prefix, 'default');
  running = await startDashboard(testRedisUrl(), prefix);
  await eventuallyFits(
    () => running.get(`${API}/queues`).then((answer) => answer.text()),
    (text) => text.includes('default'),
  );
});
afterEach(async () => {
  await running.close();
  await work.close();
  redis.disconnect();
});

const acts = async () =>
  (await unrecordedAudit(createPartitions([createPartition(redis, prefix)]), 100))
    .toReversed()
    .map(({ actor, action, target, outcome, detail }) => [actor, action, target, outcome, detail]);

it('writes down what each button changed, for whom and with what result', async () => {
  const id = 'stripe.evt_1~mail';
  await work.add('mail', { kind: 'job', data: {} }, { jobId: id, delay: 600_000 });
  const put = async (path: string) => (await running.send('PUT', `${API}/queues/${path}`)).status;
  expect(await put('default/pause')).toBeLessThan(300);
  expect(await put('default/resume')).toBeLessThan(300);
  expect(await put('pause')).toBeLessThan(300);
  expect(await put(`default/${encodeURIComponent(id)}/promote`)).toBeLessThan(300);
  expect(await put(`default/${encodeURIComponent(id)}/clean`)).toBeLessThan(300);
  expect(await put(`default/nothing/retry`)).toBe(404);
  expect(await put('default/clean/completed')).toBeLessThan(300);
  expect(await acts()).toEqual([
    [USER, 'queue.pause', 'default', 'done', undefined],
    [USER, 'queue.resume', 'default', 'done', undefined],
    [USER, 'queue.pause', 'all queues', 'done', undefined],
    [USER, 'job.promote', id, 'done', 'in the queue default'],
    [USER, 'job.delete', id, 'done', 'in the queue default'],
    [USER, 'job.retry', 'nothing', 'refused 404', 'in the queue default'],
    [USER, 'queue.clean', 'default', 'done', 'completed'],
  ]);
});

it('writes nothing down for looking', async () => {
  for (const path of ['queues', 'queues/default/nothing', 'queues/default/workers', 'redis/stats'])
    await running.get(`${API}/${path}`);
  expect(await acts()).toEqual([]);
});
