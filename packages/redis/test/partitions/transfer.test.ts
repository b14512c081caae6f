import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '@hookline/rig';
import fc from 'fast-check';
import { openJobTransfer, type MovedJob } from '../../src/index.ts';
import { mergeSorted } from '../../src/partitions/merge-sorted.ts';
import { job } from '../support.ts';
import { openInstallation, type Installation } from './installation.ts';

const open: Installation[] = [];
afterEach(async () => {
  for (const installation of open.splice(0)) await installation.close();
});

async function transferOf(count: number) {
  const installation = await openInstallation(count, undefined, 'worker');
  open.push(installation);
  const transfer = openJobTransfer({
    partitions: installation.partitions,
    retention: 3_600_000,
    now: () => NOW,
  });
  const exported = async () => {
    const jobs: MovedJob[] = [];
    for await (const each of transfer.export()) jobs.push(each);
    return jobs;
  };
  return { installation, transfer, exported };
}

const NOW = Date.now();
const TRACKED = Array.from({ length: 17 }, (_, nth): MovedJob => {
  const base = {
    kind: 'tracked',
    id: `t${nth}`,
    name: 'sums',
    queue: nth % 3 === 0 ? 'side' : 'default',
  } as const;
  const times = { created: NOW - 60_000 + nth, updated: NOW - 50_000 + nth };
  const rest = { data: { nth }, priority: 5, attempt: 0, maxAttempts: 1, output: [] };
  const ended =
    nth % 5 === 0 ? ({ status: 'succeeded', result: nth } as const) : ({ status: 'pending' } as const);
  return { ...base, ...times, ...rest, ...ended } as unknown as MovedJob;
});
const QUEUED = Array.from({ length: 9 }, (_, nth): MovedJob => ({
  kind: 'queued',
  id: `q${nth}`,
  name: 'sums',
  queue: nth % 2 === 0 ? 'mine' : 'default',
  state: 'waiting',
  created: NOW - 40_000 + nth,
  data: nth,
}));

it('moves jobs from one partition to four and back, each once and in order', async () => {
  const [one, four, back] = [await transferOf(1), await transferOf(4), await transferOf(1)];
  const jobs = [...TRACKED, ...QUEUED];
  const outcomes = await one.transfer.import(jobs);
  expect(await four.transfer.import(jobs)).toEqual(outcomes);
  expect(new Set(await four.transfer.import(jobs))).toEqual(new Set(['known']));
  const exported = await one.exported();
  expect(exported).toHaveLength(jobs.length);
  expect(await four.exported()).toEqual(exported);
  await back.transfer.import(await four.exported());
  expect(await back.exported()).toEqual(exported);
  const shares = four.installation.partitions.all.map(({ connection, keys }) => connection.zcard(keys.jobs));
  expect(Math.min(...(await Promise.all(shares)))).toBeGreaterThan(0);
});

it('leaves a job alone that lies in another partition than its id says', async () => {
  const { installation, transfer, exported } = await transferOf(4);
  const [first] = TRACKED.slice(1);
  if (first === undefined) throw new Error('there are none');
  const elsewhere = installation.partitions.all.find(
    (each) => each !== installation.partitions.ofId(first.id),
  );
  if (elsewhere === undefined) throw new Error('there is one partition');
  const { openJobTransfer: openOne } = await import('../../src/jobs/transfer/transfer.ts');
  await openOne({ partition: elsewhere, retention: 1 }).import([first]);
  expect(await transfer.import([first])).toEqual(['known']);
  expect(await exported()).toHaveLength(1);
  const ran: unknown[] = [];
  await installation.work({ jobs: [job('sums', (data) => void ran.push(data))] });
  await eventually(() => ran.length === 1);
});

it('keeps the order of each of those that it merges, and gives all of them', async () => {
  async function* given(values: readonly number[]) {
    yield* values;
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.integer({ min: 0, max: 30 }))), async (lists) => {
      const sorted = lists.map((list) => list.toSorted((a, b) => a - b));
      const all: number[] = [];
      for await (const value of mergeSorted(sorted.map(given), (a, b) => a - b)) all.push(value);
      expect(all).toEqual(lists.flat().toSorted((a, b) => a - b));
    }),
    { numRuns: 100 },
  );
});
