import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, retryPolicy, type Job, type JobStatus, type RunContext } from '@hookline/core';
import { Queue } from 'bullmq';
import { openDeadLetters } from '../../src/index.ts';
import { job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
let queue: Queue;
beforeEach(async () => {
  bench = openBench();
  queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
  await bench.redis.set(`${bench.prefix}/public-url`, 'https://hooks.example');
});
afterEach(() => bench.close());

/** A job that somebody else finishes. */
function external(run: Job['run'] = () => undefined, timeout = 60_000): Job {
  return job('partner', run, { completion: 'external', timeout });
}

async function reach(id: string, status: JobStatus) {
  return eventually(async () => {
    const found = await bench.jobs().get(id);
    return found?.status === status && found;
  });
}

const isAwaiting = (id: string) =>
  eventually(
    async () =>
      (await bench.redis.hget(`${bench.prefix}/job/${id}`, 'phase')) === 'awaiting' &&
      (await queue.getDelayedCount()) > 0,
  );

async function typesOf(id: string): Promise<string[]> {
  const types: string[] = [];
  const stop = await bench.feed().follow(id, '0-0', ({ type }) => types.push(type));
  stop();
  return types;
}

describe('a job that somebody else finishes', () => {
  it('000: waits without holding a worker, and succeeds with the result that it is given', async () => {
    const jobs = bench.jobs();
    const urls: string[] = [];
    await bench.work({
      concurrency: 1,
      jobs: [external((_data, ctx) => void urls.push(ctx.finishUrl)), job('other', () => 'ran')],
    });
    const [sent, behind] = [newJob('partner', null), newJob('other', null)];
    await jobs.create([sent]);
    await isAwaiting(sent.id);
    await jobs.create([behind]);
    await reach(behind.id, 'succeeded');
    expect(await jobs.get(sent.id)).toMatchObject({ status: 'processing' });

    const url = new URL(urls[0] ?? '');
    expect(url.origin + url.pathname).toBe(`https://hooks.example/finish/${sent.id}`);
    const token = url.searchParams.get('token') ?? '';
    expect(await jobs.mayFinish(sent.id, token)).toBe(true);
    for (const wrong of ['', `${token}x`, token.slice(1)])
      expect(await jobs.mayFinish(sent.id, wrong)).toBe(false);
    expect(await jobs.mayFinish('nobody', token)).toBe(false);

    expect(await jobs.finish(sent.id, { invoice: 9 })).toMatchObject({
      kind: 'finished',
      job: { status: 'succeeded', result: { invoice: 9 } },
    });
    await eventually(async () => (await queue.getCompletedCount()) === 2);
    expect(await queue.getDelayedCount()).toBe(0);
    expect(await typesOf(sent.id)).toEqual(['started', 'completed']);
  });

  it('of no known form asks nothing of Redis, for it comes from strangers', async () => {
    const away = openBench('redis://127.0.0.1:1');
    for (const strange of ['', 'guess', 'x'.repeat(10_000), `${'x'.repeat(31)}=`])
      expect(await away.jobs().mayFinish('job', strange)).toBe(false);
    const asked = away.jobs().mayFinish('job', 'x'.repeat(32));
    asked.catch(() => undefined);
    await away.close();
    await expect(asked).rejects.toThrow();
  });

  it('000: is refused a finish while it is pending, after it is done, after it failed, and where there is none', async () => {
    const jobs = bench.jobs();
    const waiting = newJob('partner', null, { delay: 60_000 });
    await jobs.create([waiting]);
    expect(await jobs.finish(waiting.id, null)).toEqual({ kind: 'wrong-status', status: 'pending' });
    expect(await jobs.finish('nobody', null)).toEqual({ kind: 'unknown' });
    await bench.work({
      jobs: [
        external((data) => {
          if (data === 'fails') throw new NonRetryableError('no');
        }),
        job(
          'inside',
          (_data, ctx) => new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)),
        ),
      ],
    });
    const [done, failed, inside] = [
      newJob('partner', null),
      newJob('partner', 'fails'),
      newJob('inside', null),
    ];
    await jobs.create([done, failed, inside]);
    await isAwaiting(done.id);
    expect(await jobs.finish(done.id, 1)).toMatchObject({ kind: 'finished' });
    expect(await jobs.finish(done.id, 2)).toEqual({ kind: 'wrong-status', status: 'succeeded' });
    expect(await jobs.get(done.id)).toMatchObject({ result: 1 });
    await reach(failed.id, 'failed');
    expect(await jobs.finish(failed.id, null)).toEqual({ kind: 'wrong-status', status: 'failed' });
    await reach(inside.id, 'processing');
    expect(await jobs.finish(inside.id, null)).toEqual({ kind: 'finishes-itself' });
    await jobs.cancel(inside.id);
  });

  it('000: may be finished while its work is still being sent out, once, by whichever process is first', async () => {
    const jobs = bench.jobs();
    let send = (): void => undefined;
    const sent = new Promise<void>((resolve) => (send = resolve));
    let attempts = 0;
    await bench.work({
      jobs: [
        external(async () => {
          attempts += 1;
          await sent;
          throw new Error('the answer was lost, though the partner had it');
        }),
      ],
    });
    const wanted = newJob('partner', null);
    await jobs.create([wanted]);
    await eventually(() => attempts === 1);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 ? bench.jobs() : jobs).finish(wanted.id, n)),
    );
    expect(answers.filter(({ kind }) => kind === 'finished')).toHaveLength(1);
    send();
    await eventually(async () => (await queue.getCompletedCount()) === 1);
    expect(attempts).toBe(1);
    expect(await typesOf(wanted.id)).toEqual(['started', 'completed']);
  });

  it('000: fails when its timeout is over, lets what is behind it go on, and can be retried', async () => {
    const jobs = bench.jobs();
    await bench.work({ concurrency: 1, jobs: [external(undefined, 300), job('other', () => 'ran')] });
    const wanted = newJob('partner', { order: 1 });
    const behind = newJob('other', null);
    await jobs.create([wanted, behind]);
    await reach(behind.id, 'succeeded');
    const failed = await reach(wanted.id, 'failed');
    expect(failed.error?.message).toBe('nobody finished it within its timeout of 300 ms');
    const [letter] = await openDeadLetters(bench.partitions).list(0, 9);
    expect(letter).toMatchObject({ id: wanted.id, reason: 'never-finished', data: { order: 1 } });
    const token = await bench.redis.hget(`${bench.prefix}/job/${wanted.id}`, 'token');
    expect(await jobs.finish(wanted.id, 'late')).toEqual({ kind: 'wrong-status', status: 'failed' });
    expect(await jobs.retry(wanted.id)).toMatchObject({ kind: 'queued' });
    expect(await jobs.mayFinish(wanted.id, token ?? '')).toBe(false);
    expect(await jobs.finish(wanted.id, 'late', token ?? '')).toEqual({ kind: 'refused' });
    await reach(wanted.id, 'processing');
    expect(await jobs.finish(wanted.id, 'now')).toMatchObject({ kind: 'finished' });
    expect(await typesOf(wanted.id)).toEqual(['started', 'completed']);
  });

  it('is sent again when sending failed, and is cancelled while it waits', async () => {
    const jobs = bench.jobs();
    const attempts: number[] = [];
    const run = (_data: unknown, ctx: RunContext) => {
      attempts.push(ctx.attempt);
      if (ctx.attempt < 3) throw new Error('the partner is away');
    };
    await bench.work({
      jobs: [{ ...external(run), retry: retryPolicy({ backoff: { delay: 10, jitter: 0 } }) }],
    });
    const wanted = newJob('partner', null);
    await jobs.create([wanted]);
    await isAwaiting(wanted.id);
    expect(attempts).toEqual([1, 2, 3]);
    expect(await jobs.cancel(wanted.id)).toMatchObject({ kind: 'cancelled' });
    expect(await jobs.finish(wanted.id, null)).toEqual({ kind: 'wrong-status', status: 'failed' });
    expect(await queue.getDelayedCount()).toBe(0);
    expect(await typesOf(wanted.id)).toEqual(['started', 'retrying', 'retrying', 'failed']);
  });

  it('can be finished too when a schedule or another queue library added it', async () => {
    let url = '';
    await bench.work({ jobs: [external((_data, ctx) => void (url = ctx.finishUrl))] });
    await queue.add('partner', { kind: 'job', data: { by: 'hand' } }, { jobId: 'by-hand' });
    await eventually(() => url !== '');
    const id = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
    expect(await bench.jobs().get(id)).toMatchObject({ name: 'partner', data: { by: 'hand' } });
    await isAwaiting(id);
    expect(await bench.jobs().finish(id, 'ok')).toMatchObject({ kind: 'finished' });
    await eventually(async () => (await queue.getCompletedCount()) === 1);
  });
});
