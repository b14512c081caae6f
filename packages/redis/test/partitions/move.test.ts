import { afterEach, describe, expect, test } from '@jest/globals';
import type { RedisTarget } from '@hookline/core';
import { eventually, uniquePrefix } from '@hookline/rig';
import {
  changePartitions,
  connect,
  LayoutError,
  listEvents,
  listSchedules,
  openDeadLetters,
  openPartitions,
  openQueues,
  resumeHandler,
  resumeSchedule,
} from '../../src/index.ts';
import { silent } from '../support.ts';
import { dumpOf, strays } from './dump.ts';
import { definitions, fill, layoutsOf, work, type Ran } from './everything.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function partitionsOf(prefix: string, count: number) {
  const partitions = openPartitions(layoutsOf(prefix, count), 'worker', silent);
  ends.push(() => partitions.close());
  return partitions;
}

const change = (prefix: string, count: number) =>
  changePartitions({ layout: layoutsOf(prefix, count), timeout: 20_000, tell: () => undefined });

describe('another number of partitions', () => {
  test('has all that there was: from one to four, to three, and back to one', async () => {
    const prefix = uniquePrefix();
    const ran: Ran = new Map();
    await fill(
      layoutsOf(prefix, 1),
      definitions(ran, () => false),
    );
    const before = await dumpOf(partitionsOf(prefix, 1));
    for (const count of [4, 3, 1]) {
      expect(await change(prefix, count)).toBe('changed');
      const after = partitionsOf(prefix, count);
      const dump = await dumpOf(after);
      expect(await strays(after)).toEqual([]);
      expect(Object.keys(dump)).toEqual(Object.keys(before));
      for (const key of Object.keys(before))
        expect([key, unordered(dump[key])]).toEqual([key, unordered(before[key])]);
      expect(await change(prefix, count)).toBe('the same');
    }
    const after = await dumpOf(partitionsOf(prefix, 1));
    expect(timesIn(after, ':default:wait')).toEqual(timesIn(before, ':default:wait'));
    expect(bySubject(after, ':turns:wait')).toEqual(bySubject(before, ':turns:wait'));
    const redis = connect(layoutsOf(prefix, 1)[0].target, 'worker');
    ends.push(() => redis.disconnect());
    const stem = prefix.replace('}', '');
    const left = await redis.keys(`${stem}:*`);
    expect(left.filter((key) => !key.endsWith('/part-of'))).toEqual([]);
  }, 120_000);

  test('goes on with all of it: each runs once, in the order that it had', async () => {
    const prefix = uniquePrefix();
    const ran: Ran = new Map();
    let isMended = false;
    const all = definitions(ran, () => isMended);
    const ids = await fill(layoutsOf(prefix, 1), all);
    for (const count of [4, 3]) await change(prefix, count);
    isMended = true;
    const layout = layoutsOf(prefix, 3);
    await expect(work(layoutsOf(prefix, 1), all)).rejects.toBeInstanceOf(LayoutError);
    const worker = await work(layout, all);
    ends.push(() => worker.stop(2_000));
    const queues = await openQueues({ layout, log: silent });
    ends.push(() => queues.close());
    const { partitions } = queues;
    await partitions.ready();
    const groups = await queues.list();
    expect(await resumeSchedule(partitions, groups, 'weekly')).toBe(true);
    expect((await listSchedules(partitions, groups)).map(({ name }) => name)).toEqual(['nightly', 'weekly']);
    expect(await resumeHandler(partitions, 'held', { by: 'ann', reason: undefined } as never)).toBe(true);
    const letters = openDeadLetters(partitions);
    for (const { id } of await letters.list(0, 100))
      expect(await letters.replay(id)).toMatchObject({ kind: 'replayed' });
    for (const { all: those } of groups)
      for (const queue of those) {
        await queue.resume();
        await queue.promoteJobs();
      }
    await eventually(async () => {
      const open = (await listEvents(partitions, { count: 1_000 })).filter(
        ({ status }) => status !== 'handled' && status !== 'unhandled',
      );
      if (open.length > 0) throw new Error(`open: ${JSON.stringify(open)}`);
      return true;
    }, 30_000);
    const runs = [...ran].map(([what, times]) => ({
      handler: what.split(' ')[0],
      id: what.split(' ')[1],
      times,
    }));
    const of = (name: string) => runs.filter(({ handler }) => handler === name);
    // What a replay asked for ran twice.
    expect(
      of('fine')
        .map(({ times }) => times)
        .toSorted(),
    ).toEqual([...Array<number>(15).fill(1), 2, 2, 2]);
    for (const [name, count] of [
      ['dies', 8],
      ['retries', 4],
      ['ordered', 8],
      ['burst', 2],
      ['held', 4],
      ['fair', 9],
      ['late', 3],
    ] as const)
      expect([name, of(name).map(({ times }) => times)]).toEqual([name, Array<number>(count).fill(1)]);
    const lines = of('ordered').map(({ id }) => ids.indexOf(id ?? ''));
    const first = Math.min(...lines);
    for (const subject of [0, 1]) {
      const line = lines.filter((at) => (at - first) % 2 === subject);
      expect(line).toEqual(line.toSorted((a, b) => a - b));
    }
  }, 120_000);

  test.each([3, 17, 40])(
    'is the same whenever who moves it dies, with the seed %i',
    async (seed) => {
      const prefix = uniquePrefix();
      await fill(
        layoutsOf(prefix, 1),
        definitions(new Map(), () => false),
      );
      const before = await dumpOf(partitionsOf(prefix, 1));
      const random = seeded(seed);
      for (const count of [4, 3, 1]) {
        let deaths = 0;
        for (let most = 1; ; most = Math.ceil(most * 1.5)) {
          const done = await dying(prefix, count, Math.ceil(random() * most));
          if (done) break;
          deaths += 1;
        }
        expect(deaths).toBeGreaterThan(8);
        const dump = await dumpOf(partitionsOf(prefix, count));
        expect(await strays(partitionsOf(prefix, count))).toEqual([]);
        expect(Object.keys(dump)).toEqual(Object.keys(before));
        for (const key of Object.keys(before))
          expect([key, unordered(dump[key])]).toEqual([key, unordered(before[key])]);
      }
      const after = await dumpOf(partitionsOf(prefix, 1));
      expect(timesIn(after, ':default:wait')).toEqual(timesIn(before, ':default:wait'));
      expect(bySubject(after, ':turns:wait')).toEqual(bySubject(before, ':turns:wait'));
    },
    180_000,
  );
});

/** Changes the number, and dies when the so-manieth command is sent: before Redis hears of it, or after. @returns whether it was done */
async function dying(prefix: string, count: number, commands: number): Promise<boolean> {
  let sent = 0;
  const connectTo = (target: RedisTarget) => {
    const connection = connect(target, 'worker');
    return new Proxy(connection, {
      get(of, name) {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function' || FREE.has(String(name))) return value;
        return (...args: unknown[]) => {
          sent += 1;
          if (sent === commands) {
            // Every second time Redis has done it, and nobody heard.
            if (commands % 2 === 0)
              void Promise.resolve(Reflect.apply(value, of, args)).catch(() => undefined);
            throw new Error('killed');
          }
          if (sent > commands) throw new Error('dead');
          return Reflect.apply(value, of, args) as unknown;
        };
      },
    });
  };
  try {
    await changePartitions({
      layout: layoutsOf(prefix, count),
      timeout: 20_000,
      tell: () => undefined,
      connectTo,
    });
    return true;
  } catch (error) {
    if (error instanceof Error && /^(?:killed|dead)$/.test(error.message)) return false;
    throw error;
  }
}

/** They send nothing. */
const FREE = new Set(['on', 'off', 'once', 'disconnect', 'multi', 'constructor', 'then']);

/** Numbers from 0 to 1, the same for a seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Dump = Awaited<ReturnType<typeof dumpOf>>;

/** When the jobs of a list were made, in its order: of those of one millisecond nobody knows which was first. */
function timesIn(dump: Dump, list: string): readonly unknown[] {
  return (dump[list] as readonly string[]).map(
    (id) => (dump[`:default:${id}`] as { timestamp: string }).timestamp,
  );
}

/** The jobs of a list, in its order, of each subject. */
function bySubject(dump: Dump, list: string): Readonly<Record<string, readonly string[]>> {
  const groups: Record<string, string[]> = {};
  for (const id of dump[list] as readonly string[]) {
    const { record } = dump[`/event/${id.split('~')[0]}`] as { record: string };
    const subject = String((JSON.parse(record.split('\n')[0] ?? '[]') as unknown[])[10]);
    groups[subject] = [...(groups[subject] ?? []), id];
  }
  return groups;
}

/** The order of a list is one over all partitions only where it is one list. */
function unordered(value: unknown): unknown {
  return Array.isArray(value) ? value.map((each) => JSON.stringify(each)).toSorted() : value;
}
