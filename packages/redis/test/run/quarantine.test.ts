import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent } from '../../src/index.ts';
import { createQuarantine } from '../../src/run/quarantine.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

describe('the quarantine', () => {
  it('lets suspects through one at a time, in their order, and everybody else at once', async () => {
    const quarantine = createQuarantine();
    const entered: string[] = [];
    const enter = async (name: string, stalls: number) => {
      const leave = await quarantine.enter(stalls);
      entered.push(name);
      return leave;
    };
    const first = await enter('first', 3);
    const second = enter('second', 4);
    const third = enter('third', 11);
    (await enter('innocent', 0))();
    (await enter('unlucky', 2))();
    expect(entered).toEqual(['first', 'innocent', 'unlucky']);
    first();
    (await second)();
    (await third)();
    expect(entered.slice(3)).toEqual(['second', 'third']);
  });
});

describe('work that has lost several workers', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = openBench();
  });
  afterEach(() => bench.close());

  it('does not begin beside another such, so that it is not blamed for what that one does', async () => {
    const store = await bench.store();
    const events = [incoming(), incoming(), incoming()];
    for (const event of events) await store.accept(event);
    const [poison, suspect, innocent] = events.map(({ id }) => id);
    for (const id of [poison, suspect]) {
      await bench.redis.hset(`${bench.prefix}:default:${id}`, 'stc', 3);
      await bench.redis.hset(`${bench.prefix}/event/${id}`, {
        inPlace: 'one',
        to: 'one',
        'd/one': 'pending',
      });
    }
    const begun: string[] = [];
    let end: () => void = () => undefined;
    await bench.work({
      handlers: [
        handler('one', async ({ id }) => {
          begun.push(id);
          if (id === poison) await new Promise<void>((resolve) => (end = resolve));
        }),
      ],
    });
    const statusOf = async (id = '') => (await findEvent(bench.partitions, id))?.status;
    await eventually(async () => (await statusOf(innocent)) === 'handled');
    await wait(200);
    expect(begun.toSorted()).toEqual([poison, innocent].toSorted());
    const runsOf = (id = '') => bench.redis.hget(`${bench.prefix}/event/${id}`, 'runs/one');
    expect(await runsOf(poison)).toMatch(/^\S+@\S+$/);
    expect(await runsOf(suspect)).toBeNull();
    end();
    await eventually(async () => (await statusOf(suspect)) === 'handled');
    expect((await runsOf(poison)) ?? '').toBe('');
  });

  it('has not begun when it is put back by a worker that stops', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    const worker = await bench.work({
      handlers: [
        handler(
          'one',
          (_, { signal }) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason as Error));
            }),
        ),
      ],
    });
    const runs = () => bench.redis.hget(`${bench.prefix}/event/${event.id}`, 'runs/one');
    await eventually(async () => (await runs()) !== null);
    await worker.stop(2_600);
    expect(await runs()).toBeNull();
  });
});
