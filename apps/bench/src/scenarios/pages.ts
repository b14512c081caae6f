import { NO_LOG } from '@hookline/core';
import { openHistory } from '@hookline/history';
import { openDashboard } from '../contenders/dashboards.ts';
import { hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import { openReceiver, planOf, type OpenReceiver } from '../host/receiving.ts';
import { measureAcks } from '../measure/acks.ts';
import { inRounds, type Measured, type Row } from '../measure/rounds.ts';
import { percentile } from '../measure/statistics.ts';
import { join } from 'node:path';
import { fillHistory, madeProviderId, WORDS } from './made-history.ts';
import { BODY, saturationRate, tell } from './saturation.ts';
import type { Scenario } from './scenario.ts';

/** Of each page in a round. */
const QUESTIONS = 40;
const LOGIN = { authorization: `Basic ${Buffer.from('bench:password-of-the-bench').toString('base64')}` };
/** As often as an open page asks again. */
const EVERY_MS = 2_000;

type Place = (n: number, rows: number) => string;

/** The operators' pages and what they are asked; `n` is any number of an event. */
const PAGES: Readonly<Record<string, Place>> = {
  overview: () => '/admin/overview',
  'overview, 30 days': () => '/admin/overview?span=30d',
  events: () => '/admin/events',
  'events, a word of one': (n) => `/admin/events?q=order-${n}`,
  'events, a word of all': () => '/admin/events?q=succeeded',
  'events, a word of a tenth': (n) => `/admin/events?q=${WORDS[n % 10]}`,
  'events, path=value': (n) => `/admin/events?q=customer%3Dcus_${(n % 50_000).toString(36)}`,
  'events, dead': () => '/admin/events?status=dead',
  'events, of a type': () => '/admin/events?type=invoice.*',
  'events, of a handler': () => '/admin/events?handler=send-receipt&status=dead',
  'events, since an hour': () => '/admin/events?from=1h',
  event: (n) => `/admin/events/${madeProviderId(n)}`,
  issues: () => '/admin/issues',
  refusals: () => '/admin/refusals',
  sources: () => '/admin/sources',
  handlers: () => '/admin/handlers',
  queues: () => '/admin/backlog',
  schedules: () => '/admin/schedules',
  workers: () => '/admin/workers',
  replays: () => '/admin/replays',
  audit: () => '/admin/audit',
  system: () => '/admin/system',
};

const CALLS: Readonly<Record<string, Place>> = {
  'GET events': () => '/admin/api/events?limit=100',
  'GET events?q=': (n) => `/admin/api/events?q=person${n % 200_000}%40example.com`,
  'GET events/:id': (n) => `/admin/api/events/${madeProviderId(n)}`,
  'GET explain/:id': (n) => `/admin/api/explain/${madeProviderId(n)}`,
  'GET issues': () => '/admin/api/issues',
  'GET stats, a day': () => '/admin/api/stats',
  'GET stats, 30 days': () => '/admin/api/stats?from=30d',
  'GET handlers': () => '/admin/api/handlers',
  'GET sources': () => '/admin/api/sources',
};

/** What the operators' pages take over a full history, and what it costs webhooks that somebody looks at them. */
export const pages: Scenario = {
  name: 'pages',
  says: 'the operators’ pages and calls over a full history, and acknowledgements while all of them are open',
  async run(bench) {
    const rows = bench.options.smoke ? 2_000 : bench.options.historyRows;
    const open = await openReceiver(bench, hookline());
    const places = [...Object.entries(PAGES), ...Object.entries(CALLS)];
    const asked: Row[] = [];
    const notes: string[] = [];
    const origins: string[] = [];
    for (const [name, place] of await storesOf(bench, notes)) {
      await fillFull(bench, place, rows);
      // One of them records; the other's history is only read, and stays as it is.
      const dashboard = await openDashboard(bench, open.redis.url, place);
      const origin = new URL(dashboard.urls['dashboard'] ?? '').origin;
      origins.push(origin);
      asked.push(...(await askAll(bench, name, origin, places, rows)));
    }
    const acks = await acksBeside(bench, open, origins[0] ?? '', rows);
    return {
      rows: [...asked, ...acks],
      tables: [
        [
          { title: 'p50 ms', figure: 'p50Ms', as: 'median', digits: 1 },
          { title: 'p95 ms', figure: 'p95Ms', as: 'median', digits: 1 },
          { title: 'low–high', figure: 'p95Ms', as: 'range', digits: 1 },
          { title: 'kB', figure: 'kilobytes', as: 'median' },
        ],
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          { title: 'CPU µs', figure: 'cpuMicros', as: 'median', digits: 1 },
          { title: '× closed', figure: 'cpuMicros', as: 'times', of: CLOSED, digits: 2 },
        ],
      ],
      notes: [
        ...notes,
        `The history holds ${rows.toLocaleString('en')} events of the last 30 days, an attempt of each. A page’s time is that of its whole answer over HTTP.`,
        `Open are ${Object.keys(PAGES).length} pages, each asking again every two seconds; the CPU is that of the receiver and of Redis.`,
      ],
    };
  },
};

const [CLOSED, OPEN] = ['pages closed', 'pages open'] as const;

async function storesOf(bench: Bench, notes: string[]): Promise<readonly (readonly [string, string])[]> {
  const sqlite = ['SQLite', `sqlite:${join(bench.newFolder('history'), 'history.db')}`] as const;
  try {
    return [sqlite, ['PostgreSQL', await bench.postgres()]];
  } catch (error) {
    notes.push(`PostgreSQL was left out: ${error instanceof Error ? error.message : String(error)}`);
    return [sqlite];
  }
}

async function fillFull(bench: Bench, place: string, rows: number): Promise<void> {
  const into = await openHistory(place, { log: NO_LOG });
  await fillHistory(bench, into, { rows, until: Date.now(), withAttempts: true });
  bench.options.say('pages: summing up');
  while ((await into.summarize()).more);
  await into.close();
}

function askAll(
  bench: Bench,
  store: string,
  origin: string,
  places: readonly (readonly [string, Place])[],
  rows: number,
): Promise<readonly Row[]> {
  let n = 1;
  return inRounds({
    contenders: places.map(([name, place]) => ({ name: `${store}: ${name}`, place })),
    rounds: bench.fewerRounds,
    say: (contender, round, measured) => tell(bench, pages.name, contender, round, measured),
    async measure({ place }): Promise<Measured> {
      const [times, sizes]: [number[], number[]] = [[], []];
      const statuses = new Set<number>();
      for (let at = 0; at < (bench.options.smoke ? 2 : QUESTIONS); at += 1) {
        n = (n * 48_271) % 2_147_483_647;
        const began = performance.now();
        const answer = await fetch(origin + place(n % rows, rows), { headers: LOGIN });
        const body = await answer.arrayBuffer();
        times.push(performance.now() - began);
        sizes.push(body.byteLength);
        statuses.add(answer.status);
      }
      const sorted = Float64Array.from(times).toSorted();
      return {
        figures: {
          p50Ms: percentile(sorted, 0.5),
          p95Ms: percentile(sorted, 0.95),
          kilobytes: Math.max(...sizes) / 1_000,
        },
        problems: [...statuses].filter((status) => status !== 200).map((status) => `answered ${status}`),
      };
    },
  });
}

/** Webhooks at half of what the receiver can take, while nobody looks and while all pages are open. */
async function acksBeside(
  bench: Bench,
  open: OpenReceiver,
  origin: string,
  rows: number,
): Promise<readonly Row[]> {
  const perSecond = Math.round((await saturationRate(bench, open)) / 2);
  return inRounds({
    contenders: [{ name: CLOSED }, { name: OPEN }],
    rounds: bench.fewerRounds,
    say: (contender, round, measured) => tell(bench, pages.name, contender, round, measured),
    async measure({ name }) {
      const stop = name === OPEN ? keepOpen(origin, rows) : async () => undefined;
      try {
        return await measureAcks(bench, open, {
          plan: planOf(BODY),
          count: Math.ceil((perSecond * bench.milliseconds) / 1000) + 1,
          mode: { kind: 'pace', rates: [{ perSecond, milliseconds: bench.milliseconds }] },
        });
      } finally {
        await stop();
      }
    },
  });
}

/** Asks for each page again and again, as a browser does that has it open. */
function keepOpen(origin: string, rows: number): () => Promise<unknown> {
  const over = new AbortController();
  const open = Object.values(PAGES).map(async (place) => {
    while (!over.signal.aborted) {
      const began = performance.now();
      await fetch(origin + place(1, rows), { headers: LOGIN, signal: over.signal })
        .then((answer) => answer.arrayBuffer())
        .catch(() => undefined);
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, EVERY_MS - (performance.now() - began))),
      );
    }
  });
  return () => {
    over.abort();
    return Promise.all(open);
  };
}
