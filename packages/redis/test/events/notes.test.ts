import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findEvent, noteAct, openDeadLetters, queueAgain, unrecordedAudit } from '../../src/index.ts';
import { noteRefusals, openNotes, unrecordedRefusals } from '../../src/events/notes.ts';
import { handler, incoming, job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const acts = async () =>
  (await unrecordedAudit(bench.partitions, 1_000))
    .toReversed()
    .map(({ actor, action, target, outcome }) => `${actor} ${action} ${target} ${outcome}`);

describe('what an operator does', () => {
  it('is written down as it is done, and what did nothing as well', async () => {
    const store = await bench.store();
    const [replayed, discarded] = [incoming(), incoming()];
    const events = [replayed, discarded];
    const fail = () => {
      throw Object.assign(new Error('no'), { name: 'NonRetryableError' });
    };
    await bench.work({ handlers: [handler('doomed', fail)], jobs: [job('broken', fail)] });
    for (const event of events) await store.accept(event);
    const isDead = async (id: string) => (await findEvent(bench.partitions, id))?.status === 'dead';
    await eventually(async () => (await Promise.all(events.map(({ id }) => isDead(id)))).every(Boolean));
    const jobs = bench.jobs();
    await jobs.create([newJob('broken', null, { id: 'j1' })]);
    await eventually(async () => (await jobs.get('j1'))?.status === 'failed');
    const letters = openDeadLetters(bench.partitions, Date.now, 'ann');
    const [first, second] = [`${replayed.id}~doomed`, `${discarded.id}~doomed`];
    await letters.replay(first);
    await letters.discard(second);
    await letters.discard(second);
    await jobs.retry('j1', 'ben');
    await jobs.cancel('j1', 'ben');
    await queueAgain(bench.partitions, discarded.id, discarded, Date.now(), 'cy');
    expect(await acts()).toEqual([
      `ann dead-letter.replay ${first} replayed`,
      `ann dead-letter.discard ${second} discarded`,
      `ann dead-letter.discard ${second} gone`,
      'ben job.retry j1 queued',
      expect.stringMatching(/^ben job\.cancel j1 (?:cancelled|failed)$/),
      `cy event.rerun ${discarded.id} queued`,
    ]);
  });

  it('is not written down where nobody in person asks for it', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await queueAgain(bench.partitions, event.id, event, Date.now());
    await openDeadLetters(bench.partitions).discard('nothing');
    expect(await acts()).toEqual([]);
  });
});

it('holds only so many of each, whoever records them or not', async () => {
  const act = { actor: 'ann', action: 'queue.pause', target: 'email', outcome: 'done' };
  const refusal = {
    at: 1,
    source: 's',
    provider: undefined,
    status: 401,
    reason: 'mismatch',
    likely: undefined,
    headers: {},
    excerpt: Buffer.alloc(0),
    bytes: 0,
    suppressed: 0,
    peer: undefined,
  };
  for (let round = 0; round < 24; round += 1) {
    await noteRefusals(
      bench.partition,
      Array.from({ length: 500 }, (_, at) => ({ ...refusal, at })),
    );
    await Promise.all(Array.from({ length: 500 }, () => noteAct(bench.partitions, act)));
  }
  const { keys } = bench.partition;
  for (const stream of [keys.audit, keys.refusals]) {
    const length = await bench.redis.xlen(stream);
    expect(length).toBeGreaterThanOrEqual(10_000);
    expect(length).toBeLessThan(10_200);
  }
});

it('gives each a page at a time, and forgets no more than it is told', async () => {
  for (const target of ['a', 'b', 'c'])
    await noteAct(bench.partitions, { actor: 'ann', action: 'queue.pause', target, outcome: 'done' });
  const notes = openNotes(bench.partition);
  const page = await notes.readAudit(2);
  expect(page.notes.map(({ target }) => target)).toEqual(['a', 'b']);
  if (page.last !== undefined) await notes.forgetAudit(page.last);
  expect((await notes.readAudit(2)).notes.map(({ target }) => target)).toEqual(['c']);
  expect(await unrecordedRefusals(bench.partition, 5)).toEqual([]);
  expect(await notes.readRefusals(5)).toEqual({ notes: [], last: undefined });
});
