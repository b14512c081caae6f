import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retryPolicy } from '@hookline/core';
import { Queue } from 'bullmq';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { createKeys } from '../../src/client/keys.ts';
import { handler, incoming, job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const broken = () => Promise.reject(new Error('broken'));
const once = { retry: retryPolicy({ attempts: 1 }) };

/** An event with one dead letter beside a success, and a failed job with another. */
async function die() {
  const store = await bench.store();
  const event = incoming();
  const wanted = newJob('doomed', null);
  await bench.work({
    handlers: [handler('good', () => undefined), handler('bad', broken, once)],
    jobs: [job('doomed', broken, once)],
    rescuer: { interval: 50, age: -1 },
  });
  await store.accept(event);
  await bench.jobs().create([wanted]);
  await eventually(async () => (await openDeadLetters(bench.partitions).count()) === 2);
  return { event, wanted };
}

async function expectForgettable(eventId: string, jobId: string): Promise<void> {
  const keys = createKeys(bench.prefix);
  await eventually(async () => (await bench.redis.zscore(keys.expiring, eventId)) !== null);
  await eventually(async () => (await bench.redis.zscore(keys.jobsExpiring, jobId)) !== null);
  expect((await findEvent(bench.partitions, eventId))?.deliveries).toEqual({
    good: 'succeeded',
    bad: 'discarded',
  });
}

describe('a dead letter', () => {
  it('can be discarded, and its event and its job may be forgotten then', async () => {
    const { event, wanted } = await die();
    const letters = openDeadLetters(bench.partitions);
    expect(await letters.discard(`${event.id}~bad`)).toBe(true);
    expect(await letters.discard(`${event.id}~bad`)).toBe(false);
    expect(await letters.discard(wanted.id)).toBe(true);
    expect(await letters.count()).toBe(0);
    await expectForgettable(event.id, wanted.id);
  });

  it('that was removed by hand does not keep its event and its job for ever', async () => {
    const { event, wanted } = await die();
    const queue = new Queue('dead-letter', { connection: bench.redis, prefix: bench.prefix });
    for (const id of [`${event.id}~bad`, wanted.id]) await queue.remove(id);
    await expectForgettable(event.id, wanted.id);
  });
});
