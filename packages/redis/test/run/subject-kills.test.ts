import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingEvent, SubjectRule } from '@hookline/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent } from '../../src/index.ts';
import { incoming, openBench, type Bench } from '../support.ts';

const WORKER = fileURLToPath(new URL('ruled-worker.mjs', import.meta.url));
const WORKERS = 3;
const KILLS = 4;
const EVENTS = 90;
const SUBJECTS = ['a', 'b', 'c'];

let bench: Bench;
let workers: ChildProcess[];
beforeEach(() => {
  bench = openBench();
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await bench.close();
});

function startWorker(rule: SubjectRule): ChildProcess {
  const args = [WORKER, testRedisUrl(), bench.prefix, JSON.stringify(rule)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

interface Step {
  readonly what: string;
  readonly id: string;
}

/** Has events handled while one worker after the other is killed. @returns what began and ended, by subject */
async function runKilled(rule: SubjectRule) {
  workers = Array.from({ length: WORKERS }, () => startWorker(rule));
  const store = await bench.store();
  const journal = `${bench.prefix}/test/journal`;
  await eventually(
    async () => (await bench.redis.hlen(bench.partition.keys.announcements)) === WORKERS,
    20_000,
  );
  const events: IncomingEvent[] = [];
  const accepting = (async () => {
    for (let nth = 0; nth < EVENTS; nth += 1) {
      const id = `evt_${nth}`;
      // Versions rise on the whole, so that there is work until the end, and each third or so comes late.
      const amount = nth + Math.floor(Math.random() * 20);
      const subject = SUBJECTS[nth % SUBJECTS.length] ?? '';
      const event = incoming({ providerId: id, subject, body: Buffer.from(JSON.stringify({ id, amount })) });
      expect((await store.accept(event)).kind).toBe('accepted');
      events.push(event);
      await wait(15);
    }
  })();
  const allEnded = async () => {
    if (events.length < EVENTS) return false;
    const found = await Promise.all(events.map(async ({ id }) => await findEvent(bench.partitions, id)));
    return found.every((event) => event?.status === 'handled');
  };
  for (let nth = 0; nth < KILLS; nth += 1) {
    const steps = await bench.redis.llen(journal);
    // Where older events are superseded, all may end with fewer steps than the kills wait for.
    await eventually(async () => (await bench.redis.llen(journal)) > steps + 3 || (await allEnded()), 20_000);
    workers[nth % WORKERS]?.kill('SIGKILL');
    workers[nth % WORKERS] = startWorker(rule);
  }
  await accepting;
  for (const { id } of events)
    await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'handled', 60_000);
  const steps = (await bench.redis.lrange(journal, 0, -1)).map((line): Step => {
    const [what = '', id = ''] = line.split(' ');
    return { what, id };
  });
  return SUBJECTS.map((subject) => {
    const its = events.filter((event) => event.subject === subject);
    const ids = its.map(({ id }) => id as string);
    const versions = new Map(
      its.map(({ id, body }) => [id as string, (JSON.parse(body.toString()) as { amount: number }).amount]),
    );
    return { ids, versions, steps: steps.filter(({ id }) => versions.has(id)) };
  });
}

/** What begins while another one is under way that nobody has killed: it neither ended nor began again. */
function overlaps(steps: readonly Step[]): readonly Step[] {
  return steps.filter(({ what, id }, at) => {
    const before = steps[at - 1];
    if (what !== 'start' || before?.what !== 'start' || before.id === id) return false;
    return steps.slice(at).some((later) => later.id === before.id && later.what !== 'start');
  });
}

const begun = (steps: readonly Step[]) => steps.filter(({ what }) => what === 'start').map(({ id }) => id);

describe('the rule for the events of one subject, while workers are killed', () => {
  it('order: they run one after the other as they came', async () => {
    for (const { ids, steps } of await runKilled({ kind: 'order', onDead: 'continue' })) {
      const order = begun(steps);
      expect(order.filter((id, at) => id !== order[at - 1])).toEqual(ids);
      expect(overlaps(steps)).toEqual([]);
    }
  });

  it('latest: none begins behind a newer one that was handled', async () => {
    for (const { versions, steps } of await runKilled({ kind: 'latest' })) {
      let newest = Number.NEGATIVE_INFINITY;
      for (const { what, id } of steps) {
        const version = versions.get(id) ?? 0;
        if (what === 'start') expect(version).toBeGreaterThanOrEqual(newest);
        if (what === 'ok') newest = Math.max(newest, version);
      }
      expect(newest).toBe(Math.max(...versions.values()));
    }
  });

  it('collapse: the last one runs, and not beside another', async () => {
    for (const { ids, steps } of await runKilled({ kind: 'collapse', wait: 40, max: 200 })) {
      expect(begun(steps).at(-1)).toBe(ids.at(-1));
      expect(overlaps(steps)).toEqual([]);
    }
  });
});
