import { openDashboard } from '../contenders/dashboards.ts';
import { hookline, HOOKLINE_PREFIX } from '../contenders/receivers.ts';
import { hooklineWorkers, openHookline, type WorkSite } from '../contenders/workers.ts';
import type { Bench } from '../host/bench.ts';
import { openReceiver } from '../host/receiving.ts';
import type { OwnRedis } from '../host/redis.ts';
import { inRounds, type Measured, type Row } from '../measure/rounds.ts';
import { percentile } from '../measure/statistics.ts';
import { setTimeout as wait } from 'node:timers/promises';
import { tell } from './saturation.ts';
import type { Scenario } from './scenario.ts';
import { sendThrough, sustained } from './start.ts';

/** Events that were handled while nobody recorded. */
const EVENTS = 20_000;
const POLL_MS = 20;
const PATIENCE_MS = 120_000;
const CHANGES = `${HOOKLINE_PREFIX}/changes`;

interface Store {
  readonly name: string;
  /** The setting `HISTORY_URL`; its own file, without one. */
  readonly history: string | undefined;
}

/** Whether what happens is in the history in time, and how fast what was missed is made up for. */
export const recorder: Scenario = {
  name: 'recorder',
  says: 'handled events are carried into the history and given up in Redis: what was missed, and while it happens',
  async run(bench) {
    const notes: string[] = [];
    const stores: Store[] = [{ name: 'SQLite', history: undefined }];
    try {
      stores.push({ name: 'PostgreSQL', history: await bench.postgres() });
    } catch (error) {
      notes.push(`PostgreSQL was left out: ${error instanceof Error ? error.message : String(error)}`);
    }
    const site = await openHookline(bench, { processes: 1 });
    const missed = await inRounds({
      contenders: stores,
      rounds: bench.fewerRounds,
      say: (contender, round, measured) => tell(bench, this.name, contender, round, measured),
      measure: ({ history }) => catchUp(bench, site, history),
    });
    const live = await freshness(bench, stores);
    return {
      rows: [...missed, ...live],
      tables: [
        [
          { title: 'events/s', figure: 'jobs', as: 'median' },
          { title: 'low–high', figure: 'jobs', as: 'range' },
          { title: 'Node µs', figure: 'nodeMicros', as: 'median' },
          { title: 'Redis µs', figure: 'redisMicros', as: 'median' },
          { title: 'bytes left', figure: 'bytes', as: 'median' },
        ],
        [
          { title: 'lag p50 ms', figure: 'lagP50', as: 'median' },
          { title: 'p99 ms', figure: 'lagP99', as: 'median' },
          { title: 'low–high', figure: 'lagP99', as: 'range' },
        ],
      ],
      notes: [
        ...notes,
        'Node is the dashboard with its threads. PostgreSQL is the tests’ own, and its CPU is not counted.',
        'The lag is the age of the oldest change that is not in the history, at half of what receiver and worker sustain.',
      ],
    };
  },
};

/** Has events handled while nobody records, then starts a recorder, until it has nothing left to do. */
async function catchUp(bench: Bench, site: WorkSite, history: string | undefined): Promise<Measured> {
  const { redis } = site;
  if (redis === undefined) throw new Error('there is no Redis');
  const events = bench.options.smoke ? 200 : EVENTS;
  const [worker] = site.workers;
  const begun = (await worker?.ask({ ask: 'count' }))?.count ?? 0;
  await site.fill(events);
  await site.begin();
  await until(
    async () =>
      ((await worker?.ask({ ask: 'count' }))?.count ?? 0) - begun >= events && (await site.left?.()) === 0,
  );
  const dashboard = await openDashboard(bench, redis.url, history);
  const usage = await dashboard.ask({ ask: 'usage' });
  const before = await redis.control.reading();
  const began = performance.now();
  const toRecord = await redis.control.xlen(CHANGES);
  await until(async () => (await redis.control.xlen(CHANGES)) === 0);
  const elapsed = performance.now() - began;
  const after = await redis.control.reading();
  const usageAfter = await dashboard.ask({ ask: 'usage' });
  await dashboard.stop();
  const left = await keptEvents(redis);
  const memory = (await redis.control.reading()).memory;
  await redis.control.del(`${HOOKLINE_PREFIX}/history/lease`);
  return {
    figures: {
      jobs: (events / elapsed) * 1000,
      nodeMicros: (usageAfter.cpuMicros - usage.cpuMicros) / events,
      redisMicros: (after.cpuMicros - before.cpuMicros) / events,
      bytes: memory / events,
    },
    problems: [
      ...(toRecord === 0 ? ['the recorder had done it all before it could be measured'] : []),
      // Those whose jobs had not ended a moment ago are given up a little later.
      ...(left > events * 0.05 + 200 ? [`${left} events were not given up`] : []),
    ],
  };
}

function keptEvents({ control }: OwnRedis): Promise<number> {
  return control.zcard(`${HOOKLINE_PREFIX}/events/expiring`);
}

async function freshness(bench: Bench, stores: readonly Store[]): Promise<readonly Row[]> {
  const open = await openReceiver(bench, hookline());
  const [worker] = await hooklineWorkers(bench, open.redis.url, 1, 1);
  if (worker === undefined) throw new Error('there is no worker');
  const line = { name: 'line', open, worker };
  const perSecond = Math.round((await sustained(bench, line)) / 2);
  const count = Math.ceil((perSecond * bench.milliseconds) / 1000) + 1;
  return inRounds({
    contenders: stores.map(({ name, history }) => ({ name: `${name}, live`, history })),
    rounds: bench.fewerRounds,
    say: (contender, round, measured) => tell(bench, recorder.name, contender, round, measured),
    async measure({ history }) {
      const dashboard = await openDashboard(bench, open.redis.url, history);
      // What happened before it came is not late.
      await until(async () => (await open.redis.control.xlen(CHANGES)) === 0);
      const lags: number[] = [];
      const sent = sendThrough(bench, line, count, {
        kind: 'pace',
        rates: [{ perSecond, milliseconds: bench.milliseconds }],
      });
      let isOver = false;
      const sampling = (async () => {
        while (!isOver) {
          lags.push(await lagOf(open.redis));
          await wait(POLL_MS);
        }
      })();
      const measured = await sent.finally(() => (isOver = true));
      await sampling;
      await dashboard.stop();
      await open.redis.control.del(`${HOOKLINE_PREFIX}/history/lease`);
      const sorted = Float64Array.from(lags).toSorted();
      return {
        figures: { lagP50: percentile(sorted, 0.5), lagP99: percentile(sorted, 0.99) },
        problems: measured.problems,
      };
    },
  });
}

/** Milliseconds since the oldest change that is still to be recorded. */
async function lagOf({ control }: OwnRedis): Promise<number> {
  const [oldest] = await control.xrange(CHANGES, '-', '+', 'COUNT', 1);
  return oldest === undefined ? 0 : Math.max(0, Date.now() - Number(oldest[0].split('-')[0]));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it does not come to an end');
    await wait(POLL_MS);
  }
}
