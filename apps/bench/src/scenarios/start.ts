import { bareWorkers, hooklineWorkers } from '../contenders/workers.ts';
import { HAND_WRITTEN, hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import type { Program } from '../host/program.ts';
import { newRun, openReceiver, planOf, type OpenReceiver } from '../host/receiving.ts';
import type { LoadResult } from '../load/load.ts';
import type { Stream } from '../load/orders.ts';
import { eventId } from '../load/requests.ts';
import { CONNECTIONS, miscount, timesOf, wrongAnswers } from '../measure/acks.ts';
import { inRounds, type Measured } from '../measure/rounds.ts';
import { percentile } from '../measure/statistics.ts';
import { setTimeout as wait } from 'node:timers/promises';
import { BODY, tell } from './saturation.ts';
import { TIMES, type Scenario } from './scenario.ts';

export interface Line {
  readonly name: string;
  readonly open: OpenReceiver;
  readonly worker: Program;
}

/** Events at once of which the whole line's speed is told. */
const TRIAL_EVENTS = 4_000;
const POLL_MS = 10;
const PATIENCE_MS = 30_000;

/** From the sender's answer to the first line of a handler, receiver and worker both running. */
export const start: Scenario = {
  name: 'start',
  says: 'from an acknowledgement to the start of its handler, at half of what receiver and worker sustain together',
  async run(bench) {
    const lines = await openLines(bench);
    const own = lines.find(({ name }) => name === 'hookline') ?? lines[0];
    if (own === undefined) throw new Error('there are no contenders');
    const perSecond = Math.round((await sustained(bench, own)) / 2);
    const { milliseconds } = bench;
    const count = Math.ceil((perSecond * milliseconds) / 1000) + 1;
    const rows = await inRounds({
      contenders: lines,
      rounds: bench.fewerRounds,
      say: (contender, round, measured) => tell(bench, this.name, contender, round, measured),
      measure: (line) =>
        sendThrough(bench, line, count, { kind: 'pace', rates: [{ perSecond, milliseconds }] }),
    });
    return {
      rows,
      tables: [
        [
          { title: 'start p50 ms', figure: 'startP50', as: 'median', digits: 2 },
          { title: 'p99 ms', figure: 'startP99', as: 'median', digits: 2 },
          { title: 'low–high', figure: 'startP99', as: 'range', digits: 1 },
          ...TIMES.map((column) => ({ ...column, title: `ack ${column.title}` })),
        ],
      ],
      notes: [
        `${perSecond} events were due each second. A handler may begin before the sender has its answer: such a time is below 0.`,
      ],
    };
  },
};

async function openLines(bench: Bench): Promise<readonly Line[]> {
  const open = await openReceiver(bench, hookline());
  const [worker] = await hooklineWorkers(bench, open.redis.url, 1, 1);
  const other = await openReceiver(bench, HAND_WRITTEN);
  const [bare] = await bareWorkers(bench, other.redis.url, 1);
  if (worker === undefined || bare === undefined) throw new Error('there is no worker');
  return [
    { name: 'hand-written', open: other, worker: bare },
    { name: 'hookline', open, worker },
  ];
}

/** Events for each second, from the first request to the last handler. */
export async function sustained(bench: Bench, line: Line): Promise<number> {
  const events = bench.options.smoke ? 200 : TRIAL_EVENTS;
  const milliseconds = PATIENCE_MS;
  // The first time everything is slower.
  await sendThrough(bench, line, events / 2, { kind: 'saturate', milliseconds });
  const { figures } = await sendThrough(bench, line, events, { kind: 'saturate', milliseconds });
  return figures['whole'] ?? 1;
}

/** Sends events through receiver and worker, until all are handled. */
export async function sendThrough(
  bench: Bench,
  line: Line,
  count: number,
  mode: Stream['mode'],
): Promise<Measured> {
  const run = newRun();
  await bench.load.prepare('start', { ...planOf(BODY), run, count });
  const before = await line.worker.ask({ ask: 'started' });
  const began = performance.now();
  const [result] = await bench.load.run({
    set: 'start',
    port: line.open.port,
    connections: CONNECTIONS,
    mode,
  });
  if (result === undefined) throw new Error('the load has no result');
  const deadline = performance.now() + PATIENCE_MS;
  const wanted = before.count + result.answered;
  while ((await line.worker.ask({ ask: 'count' })).count < wanted && performance.now() < deadline)
    await wait(POLL_MS);
  const elapsed = performance.now() - began;
  const { ids, at, count: started } = await line.worker.ask({ ask: 'started' });
  const waits = waitsOf(result, run, ids, at);
  return {
    figures: {
      ...timesOf(result),
      whole: (result.answered / elapsed) * 1000,
      startP50: percentile(waits, 0.5),
      startP99: percentile(waits, 0.99),
    },
    problems: [
      ...wrongAnswers(result, '200'),
      ...miscount('handlers began', started - before.count, result.answered),
      ...miscount('events were both answered and handled', waits.length, result.answered),
    ],
  };
}

/** Milliseconds from each event's answer to the start of its handler, sorted. */
function waitsOf(
  { answeredAt }: LoadResult,
  run: string,
  ids: readonly string[],
  startedAt: Float64Array,
): Float64Array {
  const started = new Map(ids.map((id, at) => [id, startedAt[at] ?? Number.NaN]));
  const waits = Array.from(
    answeredAt,
    (answered, at) => (started.get(eventId(run, at)) ?? Number.NaN) - answered,
  );
  return Float64Array.from(waits.filter((each) => !Number.isNaN(each))).toSorted();
}
