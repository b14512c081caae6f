import { appRoutes } from '@bull-board/api/dist/routes.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventuallyFits, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { Worker, type Queue } from 'bullmq';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { MASK } from '../src/board/masking.ts';
import { openQueue, startDashboard, type Running } from './harness.ts';

const BOARD = '/admin/queues';
const prefix = uniquePrefix();
let url: string;
let redis: Redis;
let running: Running;
let work: Queue;
let letters: Queue;

beforeAll(async () => {
  url = testRedisUrl();
  redis = new Redis(url);
  work = openQueue(url, prefix, 'default');
  letters = openQueue(url, prefix, 'dead-letter');
  running = await startDashboard(url, prefix);
  await eventuallyFits(listedQueues, (names) => names.length > 0);
});

afterAll(async () => {
  await running.close();
  await work.obliterate({ force: true });
  await letters.obliterate({ force: true });
  await Promise.all([work.close(), letters.close(), redis.del(`${prefix}/queues`)]);
  redis.disconnect();
});

async function listedQueues(): Promise<string[]> {
  const response = await running.get(`${BOARD}/api/queues`);
  if (!response.ok) return [];
  const { queues } = (await response.json()) as { queues: { name: string }[] };
  return queues.map(({ name }) => name).toSorted();
}

async function addFailedJob(id: string, data: unknown = { kind: 'job', data: {} }): Promise<void> {
  await work.add('charge', data, { jobId: id, attempts: 1 });
  const worker = new Worker('default', failing, { connection: { url }, prefix });
  await once(worker, 'failed');
  await worker.close();
}

async function failing(): Promise<never> {
  throw new Error('card declined');
}

describe('the queues on the board', () => {
  it('are those that always exist, and any that registers while the dashboard runs', async () => {
    expect(await listedQueues()).toEqual(['dead-letter', 'default']);
    await redis.sadd(`${prefix}/queues`, 'email', 'default');
    expect(await eventuallyFits(listedQueues, (names) => names.includes('email'))).toEqual([
      'dead-letter',
      'default',
      'email',
    ]);
  });

  it('retry a failed job on request', async () => {
    await addFailedJob('retry-me');
    const job = await work.getJob('retry-me');
    expect(await job?.getState()).toBe('failed');
    const answer = await running.send('PUT', `${BOARD}/api/queues/default/retry-me/retry`);
    expect(answer.status).toBe(204);
    expect(await job?.getState()).toBe('waiting');
  });

  it.each([
    'wait',
    'meta',
    'events',
    'id',
    'active',
    'delayed',
    'stalled-check',
    'marker',
    'repeat',
    'a:b:c',
    '7',
  ])('take no job of the id %s, which would stop the whole queue', async (jobId) => {
    const add = `${BOARD}/api/queues/default/add`;
    const before = await redis.type(`${prefix}:default:${jobId}`);
    const refused = await running.send('POST', add, { name: 'x', data: {}, options: { jobId } });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain(`The job id \\"${jobId}\\" cannot be`);
    expect(await redis.type(`${prefix}:default:${jobId}`)).toBe(before);
    const taken = await running.send('POST', add, {
      name: 'x',
      data: {},
      options: { jobId: `my-${jobId.replaceAll(':', '')}` },
    });
    expect(taken.status).toBe(200);
  });

  it('show no secret in data, and do not let a mask overwrite one', async () => {
    const data = { kind: 'job', data: { headers: { Authorization: 'Bearer s3cr3t' }, amount: 5 } };
    await work.add('call', data, { jobId: 'secretive' });
    await work.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'UTC' }, { name: 'call', data });
    const shown = await (await running.get(`${BOARD}/api/queues/default/secretive`)).text();
    const schedules = await (await running.get(`${BOARD}/api/job-schedulers`)).text();
    for (const text of [shown, schedules]) {
      expect(text).toContain(MASK);
      expect(text).toContain('"amount":5');
      expect(text).not.toContain('s3cr3t');
    }
    const { job } = JSON.parse(shown) as { job: { data: unknown } };
    const update = `${BOARD}/api/queues/default/secretive/update-data`;
    const refused = await running.send('PATCH', update, { jobData: job.data });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('would overwrite the real value');
    expect((await work.getJob('secretive'))?.data).toEqual(data);
    expect((await running.send('PATCH', update, { jobData: { amount: 6 } })).status).toBe(200);
    await work.removeJobScheduler('nightly');
  });

  it('show dead letters readably, and keep them', async () => {
    await letters.add('send-receipt', deadLetter, { jobId: 'letter-1' });
    const answer = await running.get(`${BOARD}/api/queues?activeQueue=dead-letter&status=latest`);
    const { queues } = (await answer.json()) as {
      queues: {
        name: string;
        description: string;
        hasWorkers: unknown;
        jobs: { name: string; data: unknown }[];
      }[];
    };
    const shown = queues.find(({ name }) => name === 'dead-letter');
    expect(shown?.description).toContain('dead replay');
    expect(shown?.hasWorkers).toBeNull();
    expect(shown?.jobs[0]?.name).toBe('send-receipt: non retryable');
    expect(shown?.jobs[0]?.data).toMatchObject({
      buriedAt: '1970-01-01T00:00:06.000Z',
      reason: 'non retryable',
    });
    for (const path of ['dead-letter/letter-1/clean', 'dead-letter/empty', 'dead-letter/obliterate'])
      expect((await running.send('PUT', `${BOARD}/api/queues/${path}`)).status).toBe(405);
    expect(await letters.getWaitingCount()).toBe(1);
  });
});

describe('getting in', () => {
  it('leads from / to the queues, without asking who it is', async () => {
    const answer = await fetch(`${running.origin}/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, BOARD]);
  });

  it.each([BOARD, `${BOARD}/api/queues`, `${BOARD}/static/favicon-32x32.png`, '/admin/events', '/nothing'])(
    'asks for a login at %s',
    async (path) => {
      const answer = await fetch(running.origin + path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(await answer.text()).not.toContain('queue');
    },
  );

  it('refuses a wrong login, and slows down whoever keeps guessing, but locks nobody out', async () => {
    const apart = await startDashboard(url, prefix);
    try {
      const guess = (password: string) =>
        apart.get(BOARD, {
          authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`,
        });
      expect((await apart.get(BOARD)).status).toBe(200);
      const answers = [];
      for (let tries = 0; tries < 12; tries++) answers.push((await guess(`guess ${tries}`)).status);
      expect(answers.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
      expect(answers.at(-1)).toBe(429);
      expect((await apart.get(BOARD)).status).toBe(200);
    } finally {
      await apart.close();
    }
  });
});

const changing = appRoutes.api.flatMap(({ method, route }) =>
  [method]
    .flat()
    .flatMap((verb) => (verb === 'get' ? [] : [route].flat().map((path) => [verb.toUpperCase(), path]))),
);

describe("another site's page", () => {
  it.each(changing)('cannot %s %s', async (method = '', route = '') => {
    await work.add('untouched', {}, { jobId: 'untouched' });
    const path =
      BOARD +
      route.replace(':queueName', 'default').replace(':jobId', 'untouched').replace(/:\w+/g, 'failed');
    const before = await work.getJobCounts();
    for (const headers of [
      { origin: 'https://elsewhere.example' },
      { origin: 'null' },
      { origin: running.origin, 'sec-fetch-site': 'cross-site' },
      { origin: running.origin, 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await running.send(method, path, { name: 'x', data: {}, options: {} }, headers);
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ error: 'cross_origin' });
    }
    expect(await work.getJobCounts()).toEqual(before);
    expect(await work.isPaused()).toBe(false);
  });

  it('is told apart from the board itself', async () => {
    const answer = await running.send(
      'POST',
      `${BOARD}/api/queues/default/add`,
      { name: 'own', data: {}, options: {} },
      { origin: running.origin, 'sec-fetch-site': 'same-origin' },
    );
    expect(answer.status).toBe(200);
  });

  it('covers every state-changing route that Bull Board has', () => {
    expect(changing.length).toBeGreaterThanOrEqual(15);
  });
});

describe('what the browser is told', () => {
  it('is a page without a reference to another host, under a policy that allows none', async () => {
    const answer = await running.get(BOARD);
    const html = await answer.text();
    expect(html).toContain('<title>Hookline</title>');
    expect(html).not.toMatch(/(?:https?:)?\/\/[\w.-]+\.\w/);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  it('keeps the files whose name says their content, and nothing else', async () => {
    const cached = async (path: string) => (await running.get(BOARD + path)).headers.get('cache-control');
    const script = /static\/js\/main\.[0-9a-f]+\.js/.exec(await (await running.get(BOARD)).text())?.[0];
    expect(await cached(`/${script}`)).toBe('private, max-age=31536000, immutable');
    expect(await cached('/static/locales/en-US/messages.json')).toBe('private, no-cache');
    expect(await cached('/static/js/main.0123456789.js')).toBe('no-store');
    expect(await cached('/api/queues')).toBe('no-store');
    expect(await cached('')).toBe('no-store');
  });
});

const deadLetter = {
  id: 'letter-1',
  queue: 'default',
  jobId: 'job-1',
  reason: 'non-retryable',
  error: { name: 'NonRetryableError', message: 'no such customer' },
  attempts: [{ attempt: 1, startedAt: 5_000, endedAt: 5_900, error: { name: 'Error', message: 'gone' } }],
  buriedAt: 6_000,
  handler: 'send-receipt',
};
