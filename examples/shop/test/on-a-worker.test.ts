import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineJob, isFinal, type JobRecord, NO_LOG } from '@hookline/core';
import { parsePayload, providers } from '@hookline/providers';
import { openJobs, startWorker, type Jobs, type RunningWorker } from '@hookline/redis';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { ownDefinitions } from '../../../apps/worker/src/definition-files.ts';
import { buildDefinitions } from '../../../apps/worker/src/definitions.ts';
import { configureIntegrations } from '../src/settings.ts';
import { putUser } from '../src/integrations/users.ts';
import dailyReports from '../src/jobs/daily-reports.ts';
import { startHttpServer } from './http-server.ts';
import { parseMail } from './parse-mail.ts';

const log = NO_LOG;
const mailFrom = 'shop@shop.example';
const HOUR = 3_600_000;
let dataDir = '';
let jobs: Jobs;
let worker: RunningWorker;

/** Does its work, then fails: what a retry adds twice would be seen. */
const failsOnce = defineJob({
  name: 'daily-reports-then-fail',
  retry: { attempts: 2, backoff: { delay: 10, jitter: 0 } },
  async run(data: unknown, ctx) {
    await dailyReports.run(data, ctx);
    if (ctx.attempt === 1) throw new Error('the first attempt dies here');
  },
});

/** The shipped definitions, on a worker and the tests' Redis. */
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hookline-worker-'));
  configureIntegrations({ dataDir, mailFrom });
  const found = ownDefinitions();
  const { registry, queues } = buildDefinitions(
    { ...found, jobs: [...found.jobs, { file: 'fails-once.ts', definition: failsOnce }] },
    providers,
  );
  const target = { kind: 'url', url: testRedisUrl() } as const;
  const shared = { target, prefix: uniquePrefix(), log };
  worker = await startWorker({
    layout: [shared],
    log,
    registry,
    queues,
    parsePayload,
    concurrency: 5,
    retention: HOUR,
    jobRetention: HOUR,
    defaultTimeout: 60_000,
  });
  await worker.ping();
  jobs = await openJobs({ layout: [shared], log, retention: HOUR });
  jobs.announceUrl('https://hooks.example');
});
afterEach(async () => {
  await worker.stop(1_000);
  jobs.close();
  await rm(dataDir, { recursive: true });
});

async function create(name: string, data: unknown): Promise<string> {
  const id = randomUUID();
  // The first call may come before the connection is there.
  await eventually(() => jobs.service.create([{ id, name, data, priority: 5 }]));
  return id;
}

function ended(id: string): Promise<JobRecord> {
  return eventually(async () => {
    const job = await jobs.service.get(id);
    if (!job || !isFinal(job.status)) throw new Error(`${id} is ${job?.status ?? 'unknown'}`);
    return job;
  });
}

async function named(name: string) {
  const page = await jobs.service.list({ name, count: 100 });
  return page.kind === 'page' ? page.jobs : [];
}

const outbox = async () =>
  Promise.all(
    (await readdir(join(dataDir, 'outbox')).catch(() => []))
      .filter((file) => file.endsWith('.eml'))
      .map(async (file) => parseMail(await readFile(join(dataDir, 'outbox', file), 'utf8'))),
  );

describe('the shipped jobs on a worker', () => {
  it('004: the default job leaves its steps behind', async () => {
    const { status, output, result } = await ended(await create('default', { your: 'job data' }));
    expect(status).toBe('succeeded');
    expect(output.map(({ step, data }) => [step, data])).toEqual(
      [1, 2, 3, 4, 5].map((n) => [n, `Processed chunk ${n} of data: {"your":"job data"}`]),
    );
    const times = output.map(({ processingTime }) => processingTime);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(result).toMatchObject({ chunks: 5 });
  });

  it('000: an order is finished with the address that the partner was given', async () => {
    const server = await startHttpServer(() => ({ status: 202 }));
    try {
      configureIntegrations({ dataDir, mailFrom, partnerUrl: server.url });
      const id = await create('order-from-partner', { orderId: 'o-1' });
      const { order, finishUrl } = await eventually(() => {
        const [request] = server.requests;
        if (!request) throw new Error('the partner was not asked');
        return request.body as { order: unknown; finishUrl: string };
      });
      expect(order).toEqual({ orderId: 'o-1' });
      const { origin, pathname, searchParams } = new URL(finishUrl);
      expect(origin + pathname).toBe(`https://hooks.example/finish/${id}`);
      expect(await jobs.service.mayFinish(id, searchParams.get('token') ?? '')).toBe(true);
      expect(await jobs.service.finish(id, { shipped: true })).toMatchObject({ kind: 'finished' });
      expect(await ended(id)).toMatchObject({ status: 'succeeded', result: { shipped: true } });
      expect(server.requests).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  it('002 scheduled tasks: a fan-out that fails and is tried again mails everybody once', async () => {
    const users = ['ann', 'bob', 'cy'].map((id) => ({ id, name: id, email: `${id}@example.com` }));
    for (const user of users) await putUser(user);
    const parent = await ended(await create('daily-reports-then-fail', null));
    expect(parent).toMatchObject({ status: 'succeeded', attempt: 2 });
    const reports = await named('daily-report');
    expect(reports).toHaveLength(3);
    await Promise.all(reports.map(({ id }) => ended(id)));
    expect((await outbox()).map(({ headers }) => headers['to']).toSorted()).toEqual(
      users.map(({ email }) => email),
    );
  });

  it('002 data import: an import succeeds with its count, or fails with the wrong lines', async () => {
    await mkdir(join(dataDir, 'uploads'));
    await writeFile(join(dataDir, 'uploads/good.csv'), 'id,name,email\nann,Ann,ann@example.com\n');
    await writeFile(join(dataDir, 'uploads/bad.csv'), 'id,name,email\nann,Ann,?\n');
    const [good, bad, outside] = await Promise.all(
      ['good.csv', 'bad.csv', '../good.csv'].map(async (fileId) =>
        ended(await create('import-csv', { fileId, email: 'ops@example.com' })),
      ),
    );
    expect(good).toMatchObject({ status: 'succeeded', result: { imported: 1 } });
    // Tried once although two attempts are allowed: the same file fails the same way.
    expect(bad).toMatchObject({ status: 'failed', attempt: 1, error: { name: 'NonRetryableError' } });
    expect(bad?.error?.message).toContain('line 2: email: ');
    expect(outside).toMatchObject({ status: 'failed', attempt: 1 });
    expect((await outbox()).map(({ headers }) => headers['subject']).toSorted()).toEqual([
      'Import complete',
      'Import failed',
      'Import failed',
    ]);
  });

  it('003 data processing pipeline: an upload is processed, and the word about it goes out a second later', async () => {
    await mkdir(join(dataDir, 'uploads'));
    await writeFile(join(dataDir, 'uploads/f1'), 'content');
    const data = { fileId: 'f1', fileName: 'notes.txt', email: 'ann@example.com' };
    expect(await ended(await create('process-upload', data))).toMatchObject({
      result: { resultId: 'f1.gz', size: 7 },
    });
    const [word] = await named('notify-upload');
    expect((word?.runAt ?? 0) - (word?.created ?? 0)).toBe(1_000);
    await ended(word?.id ?? '');
    expect((await outbox()).map(({ text }) => text)).toEqual([expect.stringContaining('notes.txt was')]);
  });
});
