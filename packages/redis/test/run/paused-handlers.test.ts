import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, type Handler } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { Queue } from 'bullmq';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import {
  findEvent,
  openFleet,
  outlookOf,
  pausedHandlers,
  pauseHandler,
  resumeHandler,
  unrecordedAudit,
} from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const by = { by: 'ann', now: 1 };
const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;
const heldBy = async (name: string) => (await pausedHandlers(bench.partitions)).get(name)?.held;
const delayed = (queue: string) =>
  new Queue(queue, { connection: bench.redis, prefix: bench.prefix }).getDelayedCount();

/** What ran, and how often it was tried. */
function noting(name: string, more: Partial<Handler> = {}) {
  const attempts: number[] = [];
  const its = handler(name, (_event, ctx) => void attempts.push(ctx.attempt), more);
  return { attempts, handler: its };
}

describe('a paused handler', () => {
  it.each([
    ['that events run in place', 'default'],
    ['with a job for each delivery', 'side'],
    ['on a queue with a rate, which is BullMQ’s own to work on', 'limited'],
  ])('%s gets nothing until it is resumed, and then all of it, with no attempt spent', async (_, queue) => {
    const store = await bench.store();
    const { attempts, handler: its } = noting('mail', { queue });
    await bench.work({
      handlers: [its],
      queues: { limited: { limiter: { max: 100, duration: 1_000 } } },
    });
    const before = incoming();
    await store.accept(before);
    await eventually(async () => (await statusOf(before.id)) === 'handled');

    expect(await pauseHandler(bench.partitions, 'mail', { ...by, reason: 'it sends twice' })).toBe(true);
    expect(await pauseHandler(bench.partitions, 'mail', by)).toBe(false);
    const held = [incoming(), incoming(), incoming()];
    for (const event of held) await store.accept(event);
    await eventually(async () => (await heldBy('mail')) === 3);
    await eventually(async () => (await delayed(queue)) === 3);
    await wait(300);
    expect(attempts).toEqual([1]);
    expect((await pausedHandlers(bench.partitions)).get('mail')).toEqual({
      at: 1,
      by: 'ann',
      reason: 'it sends twice',
      held: 3,
    });

    expect(await resumeHandler(bench.partitions, 'mail', by)).toBe(true);
    for (const { id } of held) await eventually(async () => (await statusOf(id)) === 'handled');
    expect(attempts).toEqual([1, 1, 1, 1]);
    expect(await resumeHandler(bench.partitions, 'mail', by)).toBe(false);
    expect(await heldBy('mail')).toBeUndefined();
    expect(
      (await unrecordedAudit(bench.partitions, 9)).map(({ action, target, detail }) => [
        action,
        target,
        detail,
      ]),
    ).toEqual([
      ['handler.resume', 'mail', undefined],
      ['handler.pause', 'mail', 'it sends twice'],
    ]);
  });

  it('holds up none of the others, and an event says whom it waits for', async () => {
    const store = await bench.store();
    const [mail, books] = [noting('mail'), noting('books')];
    await bench.work({ handlers: [mail.handler, books.handler] });
    await pauseHandler(bench.partitions, 'mail', by);
    const event = incoming();
    await store.accept(event);
    await eventually(() => books.attempts.length === 1);
    await eventually(async () => (await heldBy('mail')) === 1);
    expect(await statusOf(event.id)).toBe('dispatched');
    const outlook = await outlookOf(
      bench.partitions,
      event.id,
      ['mail'],
      await openFleet(bench.partitions).view(),
    );
    await eventually(async () => (await delayed('default')) === 1);
    expect(outlook['mail']).toMatchObject({ kind: expect.stringMatching(/paused|running/) });
    await resumeHandler(bench.partitions, 'mail', by);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect([mail.attempts, books.attempts]).toEqual([[1], [1]]);
  });

  it('ends what it is at, and tries again only when it is resumed', async () => {
    const store = await bench.store();
    let attempts = 0;
    let failNow = (_error: Error): void => undefined;
    await bench.work({
      handlers: [
        handler('mail', () => {
          attempts += 1;
          return attempts > 1 ? undefined : new Promise((_, reject) => (failNow = reject));
        }),
      ],
    });
    const event = incoming();
    await store.accept(event);
    await eventually(() => attempts === 1);
    await pauseHandler(bench.partitions, 'mail', by);
    failNow(new Error('the mail server is away'));
    await eventually(async () => (await heldBy('mail')) === 1);
    await wait(200);
    expect(attempts).toBe(1);
    await resumeHandler(bench.partitions, 'mail', by);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(attempts).toBe(2);
  });

  it('leaves what is dead as it is, and runs nothing twice', async () => {
    const store = await bench.store();
    let attempts = 0;
    await bench.work({
      handlers: [
        handler('mail', () => {
          attempts += 1;
          throw new NonRetryableError('no');
        }),
      ],
    });
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    await pauseHandler(bench.partitions, 'mail', by);
    await resumeHandler(bench.partitions, 'mail', by);
    await wait(200);
    expect([attempts, await statusOf(event.id)]).toEqual([1, 'dead']);
  });

  it('stays paused with what it holds when it is paused again while it is let go', async () => {
    const store = await bench.store();
    const { attempts, handler: its } = noting('mail');
    await bench.work({ handlers: [its] });
    await pauseHandler(bench.partitions, 'mail', by);
    const events = Array.from({ length: 450 }, () => incoming());
    await Promise.all(events.map((event) => store.accept(event)));
    await eventually(async () => (await heldBy('mail')) === events.length);
    await eventually(async () => (await delayed('default')) === events.length);
    // Between two of the blocks in which they are let go.
    const resuming = resumeHandler(bench.partitions, 'mail', by);
    const again = pauseHandler(bench.partitions, 'mail', by);
    expect(await Promise.all([resuming, again])).toEqual([true, true]);
    await wait(500);
    const ran = attempts.length;
    expect(await heldBy('mail')).toBe(events.length - ran);
    await resumeHandler(bench.partitions, 'mail', by);
    await eventually(() => attempts.length === events.length);
    expect(attempts.every((attempt) => attempt === 1)).toBe(true);
  });

  it('runs each delivery once, however often it is paused and resumed while they come in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('accept', 'pause', 'resume', 'wait'), { minLength: 5, maxLength: 25 }),
        async (steps) => {
          await bench.close();
          bench = openBench();
          const store = await bench.store();
          const runs: string[] = [];
          await bench.work({ handlers: [handler('mail', ({ id }) => void runs.push(id))] });
          const ids: string[] = [];
          for (const step of steps) {
            if (step === 'accept') {
              const event = incoming();
              ids.push(event.id);
              await store.accept(event);
            } else if (step === 'pause') await pauseHandler(bench.partitions, 'mail', by);
            else if (step === 'resume') await resumeHandler(bench.partitions, 'mail', by);
            else await wait(15);
          }
          await resumeHandler(bench.partitions, 'mail', by);
          await eventually(() => runs.length >= ids.length, 5_000);
          await wait(30);
          expect(runs.toSorted()).toEqual(ids.toSorted());
        },
      ),
      { numRuns: 8 },
    );
  });
});
