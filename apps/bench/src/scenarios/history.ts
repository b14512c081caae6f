import { NO_LOG, type History } from '@hookline/core';
import { openHistory, parseSearch } from '@hookline/history';
import { openDashboard } from '../contenders/dashboards.ts';
import { hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import { openReceiver } from '../host/receiving.ts';
import { inRounds, type Measured, type Row } from '../measure/rounds.ts';
import { percentile } from '../measure/statistics.ts';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fillHistory, WORDS } from './made-history.ts';
import { saturate, tell, type Saturated } from './saturation.ts';
import { TIMES, type Scenario } from './scenario.ts';

/** Of each kind in a round. */
const QUESTIONS = 40;
const NEWEST = 50;
/** Whether what happened long ago costs anything now, and how fast it is found. */
export const history: Scenario = {
  name: 'history',
  says: 'acknowledgements beside a recorder whose history is empty or full, and what searching the full one takes; SQLite',
  async run(bench) {
    const rows = bench.options.smoke ? 2_000 : bench.options.historyRows;
    const full = `${shortly(rows)} rows`;
    const folder = bench.newFolder('history');
    const file = join(folder, 'history.db');
    const filled = await openHistory(`sqlite:${file}`, { log: NO_LOG });
    await fillHistory(bench, filled, { rows, until: LONG_AGO });
    const searched = await searches(bench, filled, rows);
    await filled.close();
    const contenders = [
      await openBeside(bench, 'empty', undefined),
      await openBeside(bench, full, `sqlite:${file}`),
    ];
    const acks = await saturate(bench, this.name, contenders, bench.fewerRounds);
    return {
      rows: [...acks.map((row) => (row.name === full ? { ...row, name: FULL } : row)), ...searched],
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          ...TIMES,
          { title: 'CPU µs', figure: 'cpuMicros', as: 'median' },
          { title: '× empty', figure: 'cpuMicros', as: 'times', of: 'empty', digits: 2 },
        ],
        [
          { title: 'p50 ms', figure: 'searchP50', as: 'median', digits: 1 },
          { title: 'p95 ms', figure: 'searchP95', as: 'median', digits: 1 },
          { title: 'low–high', figure: 'searchP95', as: 'range', digits: 1 },
          { title: 'found', figure: 'found', as: 'median' },
        ],
      ],
      notes: [
        `Full is ${full}, ${Math.round(statSync(file).size / rows)} bytes each on the disk. CPU is that of the receiver and of Redis together.`,
        `A search asks for the newest ${NEWEST}.`,
      ],
    };
  },
};

const FULL = 'full';
/** When its newest event came, so that every run searches the same. */
const LONG_AGO = 1_795_000_000_000;

function shortly(rows: number): string {
  return rows >= 1_000_000 ? `${rows / 1_000_000}M` : `${rows}`;
}

async function openBeside(bench: Bench, name: string, place: string | undefined): Promise<Saturated> {
  const open = await openReceiver(bench, hookline());
  await openDashboard(bench, open.redis.url, place);
  return { name, open };
}

/** What people ask, by kind; `n` is any number of an event. */
const ASKED: Readonly<Record<string, (n: number) => string>> = {
  'a word of one event': (n) => `order-${n}`,
  'a word of a few': (n) => `person${n % 200_000}@example.com`,
  'a word of all': () => 'succeeded',
  'a phrase of common words': (n) => `"${WORDS[n % 10]} ${WORDS[Math.floor(n / 10) % 10]} thing"`,
  'path=value of a few': (n) => `customer=cus_${(n % 50_000).toString(36)}`,
  'path=value of a third': () => 'data.object.currency=usd',
  'path=value of none': () => 'data.object.currency=gbp',
  'a word of a tenth, dead ones': (n) => `${WORDS[n % 10]} status:dead`,
};

async function searches(bench: Bench, asked: History, rows: number): Promise<readonly Row[]> {
  let n = 1;
  const kinds = Object.entries(ASKED).map(([name, ask]) => ({ name, asks: [ask] }));
  const all = { name: 'any of these', asks: Object.values(ASKED) };
  return inRounds({
    contenders: [...kinds, all],
    rounds: bench.fewerRounds,
    say: (contender, round, measured) => tell(bench, history.name, contender, round, measured),
    async measure({ asks }): Promise<Measured> {
      const times: number[] = [];
      let found = 0;
      for (let at = 0; at < QUESTIONS; at += 1) {
        n = (n * 48_271) % 2_147_483_647;
        const text = asks[at % asks.length]?.(n % rows) ?? '';
        const parsed = parseSearch(text, Date.now());
        if (parsed.kind === 'problem') throw new Error(`${text}: ${parsed.problem}`);
        const began = performance.now();
        const { items } = await asked.search(parsed.query, { limit: NEWEST });
        times.push(performance.now() - began);
        found += items.length;
      }
      const sorted = Float64Array.from(times).toSorted();
      return {
        figures: {
          searchP50: percentile(sorted, 0.5),
          searchP95: percentile(sorted, 0.95),
          found: found / QUESTIONS,
        },
        problems: [],
      };
    },
  });
}
