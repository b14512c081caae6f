import { bodyHash, eventIdOf, NO_LOG, type EventSnapshot, type History } from '@hookline/core';
import { openHistory, parseSearch } from '@hookline/history';
import { openDashboard } from '../contenders/dashboards.ts';
import { hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import { openReceiver } from '../host/receiving.ts';
import { inRounds, type Measured, type Row } from '../measure/rounds.ts';
import { percentile } from '../measure/statistics.ts';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { saturate, tell, type Saturated } from './saturation.ts';
import { TIMES, type Scenario } from './scenario.ts';

const BLOCK = 1_000;
/** Of each kind in a round. */
const QUESTIONS = 40;
const NEWEST = 50;
const TYPES = ['payment_intent.succeeded', 'invoice.paid', 'charge.refunded', 'customer.created'];
const WORDS = ['blue', 'green', 'small', 'large', 'round', 'plain', 'wool', 'glass', 'paper', 'steel'];

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
    await fill(bench, filled, rows);
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

function shortly(rows: number): string {
  return rows >= 1_000_000 ? `${rows / 1_000_000}M` : `${rows}`;
}

async function openBeside(bench: Bench, name: string, place: string | undefined): Promise<Saturated> {
  const open = await openReceiver(bench, hookline());
  await openDashboard(bench, open.redis.url, place);
  return { name, open };
}

/** An event as a shop's provider sends it: some words in all of them, some in a tenth, some in one. */
function madeEvent(n: number, rows: number): EventSnapshot {
  const providerId = `evt_${n.toString(36).padStart(10, '0')}`;
  const type = TYPES[n % TYPES.length] ?? '';
  const word = (by: number) => WORDS[Math.floor(n / by) % WORDS.length] ?? '';
  const object = {
    id: `pi_${(n * 7_919).toString(36)}`,
    amount: 100 + (n % 9_973),
    currency: n % 3 === 0 ? 'usd' : 'eur',
    customer: `cus_${(n % 50_000).toString(36)}`,
    receipt_email: `person${n % 200_000}@example.com`,
    status: 'succeeded',
    description: `a ${word(1)} ${word(10)} thing of ${word(100)}`,
    metadata: { order: `order-${n}`, note: 'x'.repeat(500) },
  };
  const body = Buffer.from(
    JSON.stringify({ id: providerId, object: 'event', livemode: true, type, data: { object } }),
  );
  // Over thirty days, so that a time means something.
  const at = 1_795_000_000_000 - 30 * 86_400_000 + Math.floor((n / rows) * 30 * 86_400_000);
  return {
    id: eventIdOf('stripe', providerId),
    revision: `${at}-0`,
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type,
    status: n % 200 === 0 ? 'dead' : 'handled',
    receivedAt: at,
    verifiedAt: at + 1,
    recordedAt: at + 2,
    settledAt: at + 20,
    headers: { 'content-type': 'application/json', 'stripe-signature': `t=${n},v1=${'a'.repeat(64)}` },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
    deliveries: [{ handler: 'send-receipt', status: n % 200 === 0 ? 'dead' : 'succeeded' }],
  };
}

async function fill(bench: Bench, into: History, rows: number): Promise<void> {
  const began = performance.now();
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    const events = Array.from({ length: count }, (_, at) => madeEvent(from + at, rows));
    await into.record({ events, attempts: [], refusals: [], audit: [], cursor: undefined });
    if ((from / BLOCK) % 100 === 99) {
      const perSecond = Math.round((from / (performance.now() - began)) * 1000);
      bench.options.say(`history: ${from + count} of ${rows} rows, ${perSecond} each second`);
    }
  }
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
