import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_BRAKE, retryPolicy, type Handler } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { setTimeout as wait } from 'node:timers/promises';
import {
  brakedHandlers,
  findEvent,
  openDeadLetters,
  openFleet,
  outlookOf,
  pausedHandlers,
  pauseHandler,
  resumeHandler,
  unrecordedAudit,
  type RedisEventStore,
} from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
let store: RedisEventStore;
/** Milliseconds that the worker's clock is ahead. */
let ahead = 0;
const now = () => Date.now() + ahead;
beforeEach(async () => {
  ahead = 0;
  bench = openBench();
  store = await bench.store();
});
afterEach(() => bench.close());

const brakeOf = async (name = 'charge') => (await brakedHandlers(bench.partitions)).get(name);
const heldBy = async (name = 'charge') => (await brakeOf(name))?.held;
const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;
const deadLetters = () => openDeadLetters(bench.partitions).count();
const by = { by: 'ann', now: 1 };

/** Calls a downstream that is up or not; says when each attempt began. */
class Charging {
  error: Error | undefined = new Error('connect ECONNREFUSED 10.0.0.7:443');
  readonly begun: { readonly at: number; readonly id: string; readonly attempt: number }[] = [];

  handler(more: Partial<Handler> = {}): Handler {
    const run: Handler['run'] = async ({ id }, { attempt }) => {
      this.begun.push({ at: performance.now(), id, attempt });
      if (this.error !== undefined) throw this.error;
    };
    return handler('charge', run, { brake: DEFAULT_BRAKE, ...more });
  }

  attemptsOf(id: string): readonly number[] {
    return this.begun.filter((each) => each.id === id).map(({ attempt }) => attempt);
  }
}

async function accept(count: number, more: Parameters<typeof incoming>[0] = {}): Promise<readonly string[]> {
  const events = Array.from({ length: count }, () => incoming(more));
  await Promise.all(events.map((event) => store.accept(event)));
  return events.map(({ id }) => id);
}

const work = (its: Handler) => bench.work({ handlers: [its], now, brakeInterval: 40 });

/** A handler that is braked, with all of the first events waiting. */
async function braked(charging: Charging, more: Partial<Handler> = {}) {
  await work(charging.handler(more));
  const ids = await accept(20);
  await eventually(async () => (await heldBy()) === ids.length);
  return ids;
}

async function allHandled(ids: readonly string[]): Promise<void> {
  for (const id of ids) await eventually(async () => (await statusOf(id)) === 'handled', 40_000);
}

describe('a handler whose downstream is dead', () => {
  it('is braked: what it has and what comes waits, and no more attempts are spent', async () => {
    const charging = new Charging();
    const first = await braked(charging);
    const spent = charging.begun.length;
    const later = await accept(5);
    await eventually(async () => (await heldBy()) === first.length + later.length);
    await wait(300);
    expect(charging.begun.length).toBe(spent);
    for (const id of later) expect(charging.attemptsOf(id)).toEqual([]);
    expect(await brakeOf()).toMatchObject({
      title: expect.stringContaining('ECONNREFUSED'),
      phase: 'probing',
      by: expect.stringMatching(/:\d+$/),
    });
    const [waiting = ''] = later;
    const outlook = await outlookOf(
      bench.partitions,
      waiting as never,
      ['charge'],
      await openFleet(bench.partitions).view(),
    );
    expect(outlook['charge']).toMatchObject({
      kind: 'braked',
      why: expect.stringContaining('ECONNREFUSED'),
      nextProbeAt: expect.any(Number),
    });

    charging.error = undefined;
    ahead += 5_000;
    await allHandled([...first, ...later]);
    for (const id of later) expect(charging.attemptsOf(id)).toEqual([1]);
    await eventually(async () => (await brakeOf()) === undefined);
    await eventually(async () => (await bench.redis.keys(`${bench.prefix}/handlers/*`)).length === 0);
  });

  it('spends no attempt on what fails in the same way meanwhile', async () => {
    const charging = new Charging();
    let [isSlow, failNow] = [false, (_error: Error): void => undefined];
    const its = charging.handler({ retry: retryPolicy({ attempts: 2, backoff: { delay: '5s' } }) });
    const hanging = new Promise<never>((_, reject) => (failNow = reject));
    await work({
      ...its,
      run(event, ctx) {
        isSlow ||= event.subject === 'slow';
        return event.subject === 'slow' ? hanging : its.run(event, ctx);
      },
    });
    const [id = ''] = await accept(1, { subject: 'slow' });
    await eventually(() => isSlow);
    await accept(15);
    await eventually(async () => (await brakeOf()) !== undefined);
    failNow(charging.error as Error);
    const { keys } = bench.partition;
    await eventually(
      async () => (await bench.redis.sismember(keys.heldFor('charge'), `default|${id}`)) === 1,
    );
    expect(await bench.redis.hget(keys.event(id), 'tries/charge')).toBeNull();
    expect(await bench.redis.hget(keys.event(id), 'runs/charge')).toBeNull();
    expect(await deadLetters()).toBe(0);
  });

  it('spends one on what fails otherwise, and goes on waiting', async () => {
    const charging = new Charging();
    const ids = await braked(charging);
    charging.error = new Error('this card is stolen');
    const before = charging.begun.length;
    ahead += 5_000;
    await eventually(() => charging.begun.length > before);
    const [{ id: probed = '', attempt = 0 } = {}] = charging.begun.slice(before);
    await wait(300);
    expect(charging.begun.length).toBe(before + 1);
    expect(await brakeOf()).toMatchObject({
      phase: 'probing',
      title: expect.stringContaining('ECONNREFUSED'),
    });
    charging.error = undefined;
    ahead += 5_000;
    await allHandled(ids);
    expect(charging.attemptsOf(probed).slice(-2)).toEqual([attempt, attempt + 1]);
  });

  it('keeps what would have been a dead letter: a last attempt is not spent either', async () => {
    const charging = new Charging();
    const ids = await braked(charging, { retry: retryPolicy({ attempts: 20, backoff: { delay: 40 } }) });
    const { keys } = bench.partition;
    for (const id of ids) await bench.redis.hset(keys.event(id), 'tries/charge', 19);
    const before = charging.begun.length;
    ahead += 5_000;
    await eventually(() => charging.begun.length > before);
    await eventually(async () => (await heldBy()) === ids.length);
    expect([charging.begun.at(-1)?.attempt, await deadLetters()]).toEqual([20, 0]);
  });

  it('is braked anew when what is let go fails, and loses nothing by that', async () => {
    const charging = new Charging();
    const ids = [...(await braked(charging)), ...(await accept(200))];
    await eventually(async () => (await heldBy()) === ids.length);
    const { error } = charging;
    charging.error = undefined;
    ahead += 5_000;
    await eventually(async () => (await brakeOf())?.phase === 'releasing');
    await eventually(async () => ((await heldBy()) ?? 0) < ids.length - 1);
    charging.error = error;
    await eventually(async () => (await brakeOf())?.phase === 'probing');
    await wait(200);
    const failed = charging.begun.length;
    await wait(500);
    expect(charging.begun.length).toBe(failed);
    charging.error = undefined;
    ahead += 10_000;
    await allHandled(ids);
    expect(await deadLetters()).toBe(0);
  });

  it('is not braked for one subject that is poisoned, and its healthy ones are handled', async () => {
    const charging = new Charging();
    charging.error = undefined;
    const its = charging.handler({ retry: retryPolicy({ attempts: 9, backoff: { delay: 30, jitter: 0 } }) });
    let failed = 0;
    await work({
      ...its,
      run(event, ctx) {
        if (event.subject !== 'cus_poisoned') return its.run(event, ctx);
        failed += 1;
        throw new Error('no such currency');
      },
    });
    await accept(20, { subject: 'cus_poisoned' });
    const healthy = await accept(5);
    await allHandled(healthy);
    await eventually(() => failed > 100);
    expect(await brakeOf()).toBeUndefined();
    const more = await accept(5);
    await allHandled(more);
  });
});

describe('an operator', () => {
  it('lets a braked handler go on at once, more and more; with a line in the audit', async () => {
    const charging = new Charging();
    const ids = await braked(charging);
    charging.error = undefined;
    expect(await resumeHandler(bench.partitions, 'charge', { ...by, now: now(), reason: 'it is back' })).toBe(
      true,
    );
    expect(await resumeHandler(bench.partitions, 'charge', { ...by, now: now() })).toBe(false);
    expect((await brakeOf())?.phase).toBe('releasing');
    await allHandled(ids);
    expect(
      (await unrecordedAudit(bench.partitions, 9)).map(({ action, target, detail }) => [
        action,
        target,
        detail,
      ]),
    ).toEqual([['handler.resume', 'charge', 'it is back']]);
    expect(await resumeHandler(bench.partitions, 'charge', by)).toBe(false);
  });

  it('who pauses a braked handler keeps it from being probed, and resuming ends both', async () => {
    const charging = new Charging();
    const ids = await braked(charging);
    await pauseHandler(bench.partitions, 'charge', by);
    expect([...(await pausedHandlers(bench.partitions)).keys()]).toEqual(['charge']);
    const before = charging.begun.length;
    charging.error = undefined;
    ahead += 60_000;
    await wait(500);
    expect(charging.begun.length).toBe(before);
    expect(await brakeOf()).toMatchObject({ phase: 'probing', held: ids.length });
    await resumeHandler(bench.partitions, 'charge', { ...by, now: now() });
    await allHandled(ids);
    expect(await pausedHandlers(bench.partitions)).toEqual(new Map());
  });
});

describe('a handler that is not to be braked', () => {
  it('spends its attempts as ever', async () => {
    const charging = new Charging();
    const retry = retryPolicy({ attempts: 2, backoff: { delay: 20, jitter: 0 } });
    await work(charging.handler({ brake: undefined, retry }));
    const ids = await accept(20);
    await eventually(async () => (await deadLetters()) === ids.length);
    expect([charging.begun.length, await brakeOf()]).toEqual([40, undefined]);
  });
});
