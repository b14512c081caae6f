import { partitionOfEvent } from '@hookline/core';
import { setTimeout as wait } from 'node:timers/promises';
import { hooklineWorkers } from '../contenders/workers.ts';
import { hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import type { Program } from '../host/program.ts';
import { planOf } from '../host/receiving.ts';
import type { OwnRedis } from '../host/redis.ts';
import type { LoadResult } from '../load/load.ts';
import { miscount, timesOf, wrongAnswers } from '../measure/acks.ts';
import type { RedisReading } from '../measure/redis-info.ts';
import { inRounds, type Measured, type Named, type Row } from '../measure/rounds.ts';
import { median, pairedRatio, spreadOf } from '../measure/statistics.ts';
import { BODY, tell } from './saturation.ts';
import type { Scenario } from './scenario.ts';

const PARTITIONS = [1, 2, 4, 8];
/** As many for each number of partitions: a process that has run for longer does an event for less. */
const TURNS = 8;
/** Of each partition. */
const SUBJECTS = 1_000;
const CONNECTIONS = 24;
const FIRST_RATE = 2_500;
const SPARE = 1.5;
const PATIENCE_MS = 60_000;
const POLL_MS = 20;

interface Site extends Named {
  readonly nodes: readonly OwnRedis[];
  readonly receiver: Program;
  readonly worker: Program;
}

/**
 * Whether n Redis take n times as much. They share this machine's cores, so that a rate says nothing: what counts is
 * the CPU of each Redis, which is what runs out first where each has a core of its own. They are loaded one after the other,
 * while receiver and worker serve all of them: at the same time each would have an n-th of what one has alone, and an event costs
 * more the fewer of them meet in one call.
 */
export const scale: Scenario = {
  name: 'scale',
  says: `events accepted and handled on 1, 2, 4 and 8 partitions, each on a Redis of its own`,
  async run(bench) {
    const counts = bench.options.smoke ? PARTITIONS.slice(0, 2) : PARTITIONS;
    const sites: Site[] = [];
    for (const count of counts) sites.push(await openSite(bench, count));
    const rates = new Map<string, number>();
    const rows = await inRounds({
      contenders: sites,
      rounds: bench.fewerRounds,
      say: (site, round, measured) => tell(bench, this.name, site, round, measured),
      async measure(site) {
        const measured = await measureFlow(bench, site, rates.get(site.name) ?? FIRST_RATE);
        rates.set(site.name, measured.figures['acks'] ?? FIRST_RATE);
        return measured;
      },
    });
    return {
      rows: rows.map((row) => withLinear(row, rows[0])),
      tables: [
        [
          { title: 'Redis µs', figure: 'redisMicros', as: 'median' },
          { title: 'the dearest', figure: 'dearestMicros', as: 'median', digits: 1 },
          { title: 'events/s', figure: 'capacity', as: 'median' },
          { title: 'low–high', figure: 'capacity', as: 'range' },
          { title: '× linear', figure: 'linear', as: 'median', digits: 2 },
        ],
        [
          { title: 'receiver µs', figure: 'receiverMicros', as: 'median' },
          { title: 'worker µs', figure: 'workerMicros', as: 'median' },
          { title: 'idle µs/s', figure: 'idleMicros', as: 'median' },
          { title: 'p50 ms', figure: 'p50', as: 'median', digits: 1 },
          { title: 'p99 ms', figure: 'p99', as: 'median', digits: 1 },
        ],
      ],
      notes: [
        'Each partition in turn was sent as much as it took. Redis µs: for each event from its arrival until it is handled; the dearest: where it was most. events/s: what all of them together have time for in a second of CPU each. × linear: of n times what one takes.',
        'What a Redis uses in a second in which nothing happens (idle µs/s) is taken off: here eight of them share two cores, and an event would have to bear what it does not cost where each has its own.',
      ],
    };
  },
};

async function openSite(bench: Bench, count: number): Promise<Site> {
  const nodes = await Promise.all(Array.from({ length: count }, () => bench.redis('everysec')));
  const where = {
    REDIS_URL: '',
    REDIS_URLS: nodes.map(({ url }) => url).join(','),
    PARTITIONS: String(count),
  };
  const name = count === 1 ? '1 partition' : `${count} partitions`;
  const { file, env } = hookline(name, where);
  const receiver = await bench.program('receiver', file, { env: env?.('') ?? {} });
  const [worker] = await hooklineWorkers(bench, '', 1, 1, where);
  if (worker === undefined) throw new Error('no worker was started');
  return { name, nodes, receiver, worker };
}

/** One round: each partition in turn is sent as much as it takes, and all of it is handled. */
async function measureFlow(bench: Bench, site: Site, rate: number): Promise<Measured> {
  const { nodes } = site;
  const idle = await idleMicros(bench, nodes);
  const results: LoadResult[] = [];
  const answered = nodes.map(() => 0);
  const problems: string[] = [];
  let seconds = 0;
  const [before, usage] = await reading(site);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const number = turn % nodes.length;
    const began = performance.now();
    const sent = await sendTo(bench, site, number, rate);
    seconds += (performance.now() - began) / 1_000;
    results.push(sent.result);
    answered[number] = (answered[number] ?? 0) + sent.result.answered;
    problems.push(...sent.problems);
  }
  const [after, usageAfter] = await reading(site);
  await site.worker.ask({ ask: 'started' });
  const events = results.reduce((sum, { answered }) => sum + answered, 0);
  const elapsed = results.reduce((sum, each) => sum + each.elapsed, 0);
  const spent = nodes.map(
    (_, at) => (after[at]?.cpuMicros ?? 0) - (before[at]?.cpuMicros ?? 0) - idle * seconds,
  );
  const each = nodes.map((_, at) => (spent[at] ?? 0) / (answered[at] ?? 1));
  const all = spent.reduce((sum, micros) => sum + micros, 0);
  return {
    figures: {
      acks: (events / elapsed) * 1_000,
      p50: median(results.map((result) => timesOf(result).p50)),
      p99: Math.max(...results.map((result) => timesOf(result).p99)),
      redisMicros: all / events,
      dearestMicros: Math.max(...each),
      capacity: (nodes.length * events * 1e6) / all,
      idleMicros: idle,
      receiverMicros: (usageAfter.receiver.cpuMicros - usage.receiver.cpuMicros) / events,
      workerMicros: (usageAfter.worker.cpuMicros - usage.worker.cpuMicros) / events,
    },
    problems,
  };
}
/** Sends what one partition takes, and waits until all of it is handled. */
async function sendTo(
  bench: Bench,
  { nodes, receiver, worker }: Site,
  number: number,
  rate: number,
): Promise<{ readonly result: LoadResult; readonly problems: readonly string[] }> {
  const milliseconds = bench.milliseconds / 4;
  await bench.load.prepare('events', {
    ...planOf(BODY, { subjects: customersOf(number, nodes.length) }),
    count: Math.ceil((rate * SPARE * milliseconds) / 1_000),
  });
  const { count: before } = await worker.ask({ ask: 'count' });
  const [result] = await bench.load.run({
    set: 'events',
    port: Number(new URL(receiver.urls['receiver'] ?? '').port),
    connections: CONNECTIONS,
    mode: { kind: 'saturate', milliseconds },
  });
  if (result === undefined) throw new Error('the load has no result');
  const handled = async () => (await worker.ask({ ask: 'count' })).count - before;
  const until = performance.now() + PATIENCE_MS;
  while ((await handled()) < result.answered && performance.now() < until) await wait(POLL_MS);
  const problems = [
    ...wrongAnswers(result, '200'),
    ...miscount('events are handled', await handled(), result.answered),
  ];
  return { result, problems };
}

/** Those whose events lie in one of `count` partitions. */
function customersOf(number: number, count: number): readonly string[] {
  const found: string[] = [];
  for (let at = 0; found.length < SUBJECTS; at += 1) {
    const subject = `cus_${String(at).padStart(14, '0')}`;
    if (partitionOfEvent({ id: '', source: 'stripe', subject }, count) === number) found.push(subject);
  }
  return found;
}

/** What each Redis uses in a second in which nothing happens but that its receivers and workers look. */
async function idleMicros(bench: Bench, nodes: readonly OwnRedis[]): Promise<number> {
  const readings = () => Promise.all(nodes.map(({ control }) => control.reading()));
  const [before, began] = [await readings(), performance.now()];
  await wait(bench.milliseconds);
  const [after, seconds] = [await readings(), (performance.now() - began) / 1_000];
  const spent = nodes.map((_, at) => (after[at]?.cpuMicros ?? 0) - (before[at]?.cpuMicros ?? 0));
  return spent.reduce((sum, micros) => sum + micros, 0) / nodes.length / seconds;
}

type Usage = Awaited<ReturnType<Program['ask']>>;

async function reading({
  nodes,
  receiver,
  worker,
}: Site): Promise<[readonly RedisReading[], { readonly receiver: Usage; readonly worker: Usage }]> {
  const [ofReceiver, ofWorker] = await Promise.all([
    receiver.ask({ ask: 'usage' }),
    worker.ask({ ask: 'usage' }),
  ]);
  const readings = await Promise.all(nodes.map(({ control }) => control.reading()));
  return [readings, { receiver: ofReceiver, worker: ofWorker }];
}

/** How much of n times one's capacity n have, round by round. */
function withLinear(row: Row, one: Row | undefined): Row {
  const [own, first] = [row.figures['capacity'], one?.figures['capacity']];
  if (own === undefined || first === undefined) return row;
  const count = Number.parseInt(row.name, 10);
  const each = { ...own, values: own.values.map((value) => value / count) };
  return { ...row, figures: { ...row.figures, linear: spreadOf([pairedRatio(each, first)]) } };
}
