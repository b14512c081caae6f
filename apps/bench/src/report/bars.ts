import { pairedRatio, type Spread } from '../measure/statistics.ts';
import type { Result } from '../scenarios/scenario.ts';

/** What the product sets itself, and what came of it. */
export interface Bar {
  readonly name: string;
  /** `>= 3` or `<= 150`. */
  readonly want: string;
  /** `undefined` when it was not measured, or the measurement is void. */
  readonly got: number | undefined;
  readonly holds: boolean | undefined;
}

interface Wanted {
  readonly name: string;
  readonly want: `${'>=' | '<='} ${number}`;
  got(figures: Figures, results: readonly Result[]): number | undefined;
}

/** A figure of a row of a scenario; `undefined` where there is none that counts. */
type Figures = (scenario: string, row: string, figure: string) => Spread | undefined;

const BODY = 1_024;

const WANTED: readonly Wanted[] = [
  {
    name: 'acks/s at saturation, × hand-written',
    want: '>= 3',
    got: (of) => ratio(of('ack', 'hookline', 'acks'), of('ack', 'hand-written', 'acks')),
  },
  {
    name: 'acks/s at saturation, × floor',
    want: '>= 0.65',
    got: (of) => ratio(of('ack', 'hookline', 'acks'), of('ack', 'floor', 'acks')),
  },
  {
    name: 'p99 at saturation, × hand-written',
    want: '<= 0.5',
    got: (of) => ratio(of('ack', 'hookline', 'p99'), of('ack', 'hand-written', 'p99')),
  },
  {
    name: 'Redis CPU of an accepted event, × hand-written',
    want: '<= 0.6',
    got: (of) => ratio(of('ack', 'hookline', 'redisMicros'), of('ack', 'hand-written', 'redisMicros')),
  },
  {
    name: 'acks/s with ACK=fsync, × memory',
    want: '>= 0.85',
    got: (of) => ratio(of('fsync', 'fsync', 'acks'), of('fsync', 'memory', 'acks')),
  },
  {
    name: 'jobs/s of one worker, × bare BullMQ',
    want: '>= 0.9',
    got: (of) => ratio(of('worker', 'hookline ×1', 'jobs'), of('worker', 'bare ×1', 'jobs')),
  },
  {
    name: 'Redis µs to accept and handle an event',
    want: '<= 150',
    got: (of) =>
      sum(of('ack', 'hookline', 'redisMicros')?.median, of('worker', 'hookline ×1', 'redisMicros')?.median),
  },
  {
    name: 'handler start after ack at half load, p50 ms',
    want: '<= 3',
    got: (of) => of('start', 'hookline', 'startP50')?.median,
  },
  {
    name: 'handler start after ack at half load, p99 ms',
    want: '<= 20',
    got: (of) => of('start', 'hookline', 'startP99')?.median,
  },
  {
    name: 'CPU of an ack with 1M waiting, × empty',
    want: '<= 1.1',
    got: (of) => ratio(of('backlog', '1M waiting', 'cpuMicros'), of('backlog', 'empty', 'cpuMicros')),
  },
  {
    name: 'CPU of an ack beside a full history, × empty',
    want: '<= 1.1',
    got: (of) => ratio(of('history', 'full', 'cpuMicros'), of('history', 'empty', 'cpuMicros')),
  },
  {
    name: 'events/s that a recorder makes up for, SQLite',
    want: '>= 4000',
    got: (of) => of('recorder', 'SQLite', 'jobs')?.median,
  },
  {
    name: 'events/s that a recorder makes up for, PostgreSQL',
    want: '>= 4000',
    got: (of) => of('recorder', 'PostgreSQL', 'jobs')?.median,
  },
  {
    name: 'age of what is not in the history, p99 ms',
    want: '<= 2000',
    got: (of) => of('recorder', 'SQLite, live', 'lagP99')?.median,
  },
  {
    name: 'a search of the full history, p95 ms',
    want: '<= 50',
    got: (of) => of('history', 'any of these', 'searchP95')?.median,
  },
  ...['SQLite', 'PostgreSQL'].map((store): Wanted => ({
    name: `the slowest page, full history, p95 ms, ${store}`,
    want: '<= 50',
    got: (_, results) => most(results, `${store}: `, 'p95Ms'),
  })),
  {
    name: 'the largest page, kB',
    want: '<= 100',
    got: (_, results) => most(results, '', 'kilobytes'),
  },
  {
    name: 'CPU of an ack, all pages open, × closed',
    want: '<= 1.1',
    got: (of) => ratio(of('pages', 'pages open', 'cpuMicros'), of('pages', 'pages closed', 'cpuMicros')),
  },
  ...[2, 4, 8].map((count): Wanted => ({
    name: `events/s by Redis CPU on ${count} partitions, × linear`,
    want: '>= 0.9',
    got: (of) => of('scale', `${count} partitions`, 'linear')?.median,
  })),
  {
    name: 'bytes in Redis of a waiting event, × its body',
    want: '<= 1.5',
    got: (of) => by(of('ack', 'hookline', 'bytes')?.median, BODY),
  },
];

/** What came of each; those whose scenarios did not run are not known. */
export function barsOf(results: readonly Result[]): readonly Bar[] {
  const figures: Figures = (scenario, row, figure) => {
    const found = results
      .find((result) => result.scenario === scenario)
      ?.rows.find(({ name }) => name === row);
    return found === undefined || found.problems.length > 0 ? undefined : found.figures[figure];
  };
  return WANTED.map(({ name, want, got }) => {
    const value = got(figures, results);
    return { name, want, got: value, holds: value === undefined ? undefined : holds(value, want) };
  });
}

function holds(value: number, want: Wanted['want']): boolean {
  const [sign, bound] = want.split(' ');
  return sign === '>=' ? value >= Number(bound) : value <= Number(bound);
}

/** The most of a figure over the pages whose names begin so. */
function most(results: readonly Result[], beginning: string, figure: string): number | undefined {
  const values = results
    .filter(({ scenario }) => scenario === 'pages')
    .flatMap(({ rows }) => rows)
    .filter(({ name, problems }) => name.startsWith(beginning) && problems.length === 0)
    .flatMap(({ figures }) => figures[figure]?.median ?? []);
  return values.length === 0 ? undefined : Math.max(...values);
}

function ratio(own: Spread | undefined, other: Spread | undefined): number | undefined {
  return own === undefined || other === undefined ? undefined : pairedRatio(own, other);
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function by(value: number | undefined, divisor: number): number | undefined {
  return value === undefined ? undefined : value / divisor;
}
