import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { JobService, NewJob } from '@hookline/core';
import { casesOf, type Case, type Opened } from './suite.ts';

/** What every job service promises of jobs that no worker has touched. Jobs named `default` must be known to it. */
export function jobServiceSuite(open: () => Promise<Opened<JobService>>): readonly Case[] {
  return casesOf(open, PROMISES);
}

const PROMISES = {
  'creates jobs in the order asked for, pending': async (service) => {
    const jobs = [newJob({ n: 1 }), newJob({ n: 2 }, { metadata: { who: 'a' } })];
    const created = await service.create(jobs);
    assert.ok(created.kind === 'created');
    assert.deepEqual(
      created.jobs.map(({ id, name, status, data, metadata }) => ({ id, name, status, data, metadata })),
      jobs.map(({ id, name, data, metadata }) => ({ id, name, status: 'pending', data, metadata })),
    );
  },
  'takes the same id for the same job, and leaves it as it is': async (service) => {
    const job = newJob('first');
    await service.create([job]);
    const again = await service.create([{ ...job, data: 'second' }]);
    assert.ok(again.kind === 'created');
    assert.equal(again.jobs[0]?.data, 'first');
    assert.equal((await service.get(job.id))?.data, 'first');
  },
  'shows a job with its steps, and nothing of one that it does not know': async (service) => {
    const job = newJob(null);
    await service.create([job]);
    assert.deepEqual((await service.get(job.id))?.output, []);
    assert.equal(await service.get(randomUUID()), undefined);
  },
  'lists each job once, page by page': async (service) => {
    const jobs = Array.from({ length: 7 }, (_, n) => newJob(n));
    await service.create(jobs);
    const found: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await service.list({ count: 3, ...(after === undefined ? {} : { after }) });
      assert.ok(page.kind === 'page');
      found.push(...page.jobs.map(({ id }) => id));
      if (page.next === undefined) break;
      assert.equal(page.jobs.length, 3);
      after = page.next;
    }
    assert.deepEqual(found.toSorted(), jobs.map(({ id }) => id).toSorted());
    assert.deepEqual(await service.list({ count: 3, after: randomUUID() }), { kind: 'unknown-cursor' });
  },
  'lists by status and by name': async (service) => {
    const [waiting, cancelled] = [newJob(1), newJob(2)];
    await service.create([waiting, cancelled]);
    await service.cancel(cancelled.id);
    const ids = async (query: Parameters<JobService['list']>[0]) => {
      const page = await service.list(query);
      return page.kind === 'page' ? page.jobs.map(({ id }) => id) : page.kind;
    };
    assert.deepEqual(await ids({ status: 'pending', count: 10 }), [waiting.id]);
    assert.deepEqual(await ids({ status: 'failed', name: 'default', count: 10 }), [cancelled.id]);
    assert.deepEqual(await ids({ status: 'succeeded', count: 10 }), []);
    assert.deepEqual(await ids({ name: 'other', count: 10 }), []);
  },
  'cancels a job once': async (service) => {
    const job = newJob(null);
    await service.create([job]);
    const cancelled = await service.cancel(job.id);
    assert.ok(cancelled.kind === 'cancelled');
    assert.equal(cancelled.job.error?.name, 'CancelledError');
    assert.deepEqual(await service.cancel(job.id), { kind: 'over', status: 'failed' });
    assert.deepEqual(await service.cancel(randomUUID()), { kind: 'unknown' });
  },
  'retries only what has failed': async (service) => {
    const job = newJob(null);
    await service.create([job]);
    assert.deepEqual(await service.retry(job.id), { kind: 'not-failed', status: 'pending' });
    await service.cancel(job.id);
    const retried = await service.retry(job.id);
    assert.ok(retried.kind === 'queued');
    assert.equal(retried.job.status, 'pending');
    assert.equal(retried.job.error, undefined);
    assert.deepEqual(await service.retry(randomUUID()), { kind: 'unknown' });
  },
  'finishes nothing that has not begun, is over, or is not there': async (service) => {
    const job = newJob(null);
    await service.create([job]);
    assert.deepEqual(await service.finish(job.id, 1), { kind: 'wrong-status', status: 'pending' });
    await service.cancel(job.id);
    assert.deepEqual(await service.finish(job.id, 1), { kind: 'wrong-status', status: 'failed' });
    assert.deepEqual(await service.finish(randomUUID(), 1), { kind: 'unknown' });
  },
  'lets nobody finish with a token of their own making': async (service) => {
    const job = newJob(null);
    await service.create([job]);
    assert.equal(await service.mayFinish(job.id, 'guessed'), false);
    assert.equal(await service.mayFinish(randomUUID(), 'guessed'), false);
  },
} satisfies Record<string, (service: JobService) => Promise<void>>;

function newJob(data: unknown, more: Partial<NewJob> = {}): NewJob {
  return { id: randomUUID(), name: 'default', data, priority: 5, ...more };
}
