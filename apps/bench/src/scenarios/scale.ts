import { setTimeout as wait } from 'node:timers/promises';
import { hooklineWorkers } from '../contenders/workers.ts';
import { hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import type { Program } from '../host/program.ts';
import { planOf } from '../host/receiving.ts';
import type { OwnRedis } from '../host/redis.ts';
import { miscount, timesOf, wrongAnswers } from '../measure/acks.ts';
import type { RedisReading } from '../measure/redis-info.ts';
import { inRounds, type Measured, type Named, type Row } from '../measure/rounds.ts';
import { pairedRatio, spreadOf } from '../measure/statistics.ts';
import { BODY, tell } from './saturation.ts';
import type { Scenario } from './scenario.ts';

const PARTITIONS = [1, 2, 4, 8];
/** Prime, so that the turns that subjects take have nothing to do with a number of partitions. */
const SUBJECTS = 9_973;
/** For each partition: what meets in one call to Redis is then the same, however many there are. */
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
 * the CPU of each Redis, which is what runs out first where each has a core of its own.
 */
export const scale: Scenario = {
  name: 'scale',
  says: `events accepted and handled on 1, 2, 4 and 8 partitions, each on a Redis of its own; ${SUBJECTS.toLocaleString('en')} subjects`,
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
          { title: 'the busiest', figure: 'busiestMicros', as: 'median', digits: 1 },
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
        'Redis µs: of all Redis, for each event from its arrival until it is handled; the busiest: of the one that had most to do. events/s: what that one has time for in a second of CPU, so what all of them take together. × linear: of n times what one takes.',
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

/** One round: as many as there can be are accepted and handled at the same time, until all are. */
async function measureFlow(bench: Bench, site: Site, rate: number): Promise<Measured> {
  const { nodes, receiver, worker } = site;
  const idle = await idleMicros(bench, nodes);
  await bench.load.prepare('events', {
    ...planOf(BODY, { subjects: SUBJECTS }),
    count: Math.ceil((rate * SPARE * bench.milliseconds) / 1_000),
  });
  const [before, usage] = await reading(site);
  const began = performance.now();
  const [result] = await bench.load.run({
    set: 'events',
    port: Number(new URL(receiver.urls['receiver'] ?? '').port),
    connections: CONNECTIONS * nodes.length,
    mode: { kind: 'saturate', milliseconds: bench.milliseconds },
  });
  if (result === undefined) throw new Error('the load has no result');
  const events = result.answered;
  const handled = async () => (await worker.ask({ ask: 'count' })).count - usage.worker.count;
  while ((await handled()) < events && performance.now() - began < PATIENCE_MS) await wait(POLL_MS);
  const seconds = (performance.now() - began) / 1_000;
  const [after, usageAfter] = await reading(site);
  await worker.ask({ ask: 'started' });
  const spent = nodes.map(
    (_, at) => (after[at]?.cpuMicros ?? 0) - (before[at]?.cpuMicros ?? 0) - idle * seconds,
  );
  const busiest = Math.max(...spent);
  return {
    figures: {
      ...timesOf(result),
      acks: (events / result.elapsed) * 1_000,
      redisMicros: spent.reduce((sum, micros) => sum + micros, 0) / events,
      busiestMicros: busiest / events,
      capacity: (events / busiest) * 1e6,
      idleMicros: idle,
      receiverMicros: (usageAfter.receiver.cpuMicros - usage.receiver.cpuMicros) / events,
      workerMicros: (usageAfter.worker.cpuMicros - usage.worker.cpuMicros) / events,
    },
    problems: [...wrongAnswers(result, '200'), ...miscount('events are handled', await handled(), events)],
  };
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
