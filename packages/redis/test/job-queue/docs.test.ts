import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis, type OwnRedis } from '@hookline/rig';
import { startPostgres, type TestPostgres } from '@hookline/test-postgres';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { JobQueue, QueuedJob } from '../../src/index.ts';

const PAGE = readFileSync(new URL('../../../../docs/job-queue.md', import.meta.url), 'utf8');

/** What the page shows, by the queue that it makes. */
const BLOCKS = new Map(
  [...PAGE.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```$/gm)].map(([, text = '']) => [
    /new JobQueue(?:<\w+>)?\('([a-z]+)'/.exec(text)?.[1] ?? '',
    text,
  ]),
);

describe('docs/job-queue.md, run as it is written', () => {
  let redis: OwnRedis;
  let postgres: TestPostgres;
  let folder: string;
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startOwnRedis({ appendfsync: 'no' }), startPostgres()]);
    // In here, so that packages resolve as they do for the tests.
    folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), 'docs-'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await Promise.all([redis.stop(), postgres.stop()]);
  });

  async function run<Exports>(queue: string): Promise<Exports> {
    const text = BLOCKS.get(queue) ?? '';
    expect(text).not.toBe('');
    const file = join(folder, `${queue}.ts`);
    writeFileSync(
      file,
      text
        .replaceAll('redis://127.0.0.1:6379', redis.url)
        .replaceAll('postgres://127.0.0.1/jobs', postgres.url)
        .replace("from 'pg'", `from '${pathToFileURL(postgres.driver).href}'`),
    );
    return (await import(file)) as Exports;
  }

  it('shows these', () => {
    expect([...BLOCKS.keys()]).toEqual(['emails', 'reports', 'uploads', 'nightly', 'invoices']);
  });

  it('the first example: add, process, hooks', async () => {
    const { emails, job, outbox } = await run<{ emails: JobQueue; job: QueuedJob; outbox: string[] }>(
      'emails',
    );
    await eventually(() => outbox.length === 2);
    expect(outbox).toEqual(['to ada@example.com, attempt 1 of 4', `${job.id} sent: true`]);
    expect(job.metadata).toEqual({ campaign: 'signup' });
    await emails.close();
  });

  it('events', async () => {
    const { reports, log } = await run<{ reports: JobQueue; log: string[] }>('reports');
    await eventually(() => log.length === 5);
    expect(log).toEqual([
      'monthly added',
      'monthly begins, attempt 1',
      'monthly failed (1), again in 50 ms',
      'monthly begins, attempt 2',
      'monthly done: {"pages":12}',
    ]);
    await reports.close();
  });

  it('002 example 2: an upload answers { fileId, jobId, status }, and 003 the user is notified after it', async () => {
    const { uploads, upload, notified } = await run<{
      uploads: JobQueue;
      upload: (fileId: string, userId: string) => Promise<{ fileId: string; jobId: string; status: string }>;
      notified: string[];
    }>('uploads');
    const answer = await upload('f1', 'u1');
    expect(answer).toEqual({ fileId: 'f1', jobId: expect.any(String), status: 'processing' });
    await eventually(() => notified.length === 1);
    expect(notified).toEqual(['u1: File f1 processed']);
    expect(await uploads.get(answer.jobId)).toMatchObject({ state: 'completed', result: { bytes: 2_000 } });
    const child = `uploads~${answer.jobId}~uploads~notify-completion~0`;
    await eventually(async () => (await uploads.get(child))?.state === 'completed');
    await uploads.close();
  });

  it('002 examples 3 and 4, 003 scheduled maintenance: fan-out, import, a clock time', async () => {
    const { nightly, reportToAll, cleanup, done } = await run<{
      nightly: JobQueue;
      reportToAll: (userIds: string[], day: string) => Promise<QueuedJob[]>;
      cleanup: QueuedJob;
      done: string[];
    }>('nightly');
    expect(cleanup.state).toBe('delayed');
    expect(new Date(cleanup.runAt).getHours()).toBe(2);
    const first = await reportToAll(['u1', 'u2'], '2026-11-22');
    const again = await reportToAll(['u1', 'u2'], '2026-11-22');
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    const { id } = await nightly.add('import-csv', { lines: ['a', 'b'] });
    await eventually(async () => (await nightly.get(id))?.state === 'completed');
    expect(done).toEqual(['report for u1', 'report for u2', 'a', 'b']);
    await nightly.close();
  });

  it('002 custom storage: PostgreSQL', async () => {
    const { invoices, printed, stop } = await run<{
      invoices: JobQueue;
      printed: QueuedJob;
      stop: () => Promise<void>;
    }>('invoices');
    await eventually(async () => (await invoices.get(printed.id))?.state === 'completed');
    expect(await invoices.get(printed.id)).toMatchObject({ result: ['A-1', 'A-2'] });
    await stop();
  });
});
