import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError } from '@hookline/core';
import { configureIntegrations } from '../src/settings.ts';
import cleanOutbox from '../src/jobs/clean-outbox.ts';
import notifyUpload from '../src/jobs/notify-upload.ts';
import processUpload from '../src/jobs/process-upload.ts';
import queues from '../src/queues.ts';
import cleanOutboxSchedule from '../src/schedules/clean-outbox.ts';
import { exampleContext } from './example-context.ts';
import { parseMail } from './parse-mail.ts';

let dataDir = '';
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hookline-uploads-'));
  configureIntegrations({ dataDir, mailFrom: 'shop@shop.example' });
});
afterEach(() => rm(dataDir, { recursive: true }));

describe('process-upload', () => {
  const content = 'a line that comes again\n'.repeat(5_000);
  const data = { fileId: 'f1', fileName: 'lines.txt', email: 'ann@example.com' };
  beforeEach(async () => {
    await mkdir(join(dataDir, 'uploads'));
    await writeFile(join(dataDir, 'uploads/f1'), content);
  });

  it('002 file processing: compresses the upload, in a queue that is limited', async () => {
    const result = await processUpload.run(data, exampleContext());
    const gzip = await readFile(join(dataDir, 'uploads/f1.gz'));
    expect(gunzipSync(gzip).toString()).toBe(content);
    expect(result).toEqual({
      fileName: 'lines.txt',
      resultId: 'f1.gz',
      size: content.length,
      compressedSize: gzip.length,
    });
    expect(await readdir(join(dataDir, 'uploads'))).toEqual(['f1', 'f1.gz']);
    expect(queues).toMatchObject({ [processUpload.queue ?? '']: { concurrency: 2, limiter: { max: 10 } } });
  });

  it('003 data processing pipeline: queues the word about it for a second later, the same at every attempt', async () => {
    const ctx = exampleContext();
    await processUpload.run(data, ctx);
    expect(ctx.enqueued).toMatchObject([
      { job: 'notify-upload', data: { email: 'ann@example.com' }, options: { delay: 1_000 } },
    ]);
    const retry = ctx.nextAttempt();
    await processUpload.run(data, retry);
    expect(retry.enqueued).toEqual(ctx.enqueued);
    const word = ctx.enqueued[0]?.data;
    expect(await notifyUpload.schema?.['~standard'].validate(word)).toEqual({ value: word });
  });

  it('leaves no half file when it is aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(processUpload.run(data, exampleContext({ signal }))).rejects.toThrow(/abort/i);
    expect(await readdir(join(dataDir, 'uploads'))).toEqual(['f1']);
  });

  it.each(['../f1', 'none'])('gives up on %j', async (fileId) => {
    await expect(processUpload.run({ ...data, fileId }, exampleContext())).rejects.toThrow(NonRetryableError);
  });

  it('003 data processing pipeline: notify-upload mails whose file it was', async () => {
    const word = { fileName: 'lines.txt', email: 'ann@example.com', resultId: 'f1.gz' };
    const ctx = exampleContext({ idempotencyKey: 'n1' });
    await notifyUpload.run({ ...word, size: 900, compressedSize: 90 }, ctx);
    const mail = parseMail(await readFile(join(dataDir, 'outbox/n1.eml'), 'utf8'));
    expect(mail.headers).toMatchObject({ to: 'ann@example.com', subject: 'Your file is ready' });
    expect(mail.text).toContain('lines.txt was compressed from 900 to 90 bytes.');
  });
});

describe('clean-outbox', () => {
  const outbox = () => join(dataDir, 'outbox');
  const put = async (file: string, ageDays: number) => {
    await mkdir(outbox(), { recursive: true });
    await writeFile(join(outbox(), file), 'mail');
    const time = Date.now() / 1_000 - ageDays * 86_400;
    await utimes(join(outbox(), file), time, time);
  };

  it('003 scheduled maintenance: deletes what is older than 30 days, and nothing else', async () => {
    await put('old.eml', 31);
    await put('draft.eml.1234.tmp', 31);
    await put('new.eml', 29);
    await put('notes.txt', 400);
    expect(await cleanOutbox.run(undefined, exampleContext())).toEqual({ deleted: 2, kept: 1 });
    expect(await readdir(outbox())).toEqual(['new.eml', 'notes.txt']);
    expect(await cleanOutbox.run(undefined, exampleContext())).toEqual({ deleted: 0, kept: 1 });
  });

  it('has nothing to do where nothing was ever mailed', async () => {
    expect(await cleanOutbox.run(undefined, exampleContext())).toEqual({ deleted: 0, kept: 0 });
  });

  it('stops when it is aborted', async () => {
    await put('old.eml', 31);
    const ctx = exampleContext({ signal: AbortSignal.abort() });
    await expect(cleanOutbox.run(undefined, ctx)).rejects.toThrow(/abort/i);
    expect(await readdir(outbox())).toEqual(['old.eml']);
  });

  it('003 scheduled maintenance: runs every night at two', () => {
    expect(cleanOutboxSchedule).toMatchObject({ cron: '0 2 * * *', timezone: 'UTC', job: cleanOutbox });
  });
});
