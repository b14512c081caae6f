import Table from 'cli-table3';

/** What came of one request. */
export interface Outcome {
  /** `200`, `401 mismatch`, `no answer: …`. */
  readonly answer: string;
  readonly ms: number;
  /** Whether it was the answer that was to be expected. */
  readonly expected: boolean;
  readonly duplicate: boolean;
  readonly meaning?: string;
}

/**
 * Many outcomes as a table: how often each answer came, and how long it took.
 * @param ms how long all of them took together
 */
export function summaryOf(outcomes: readonly Outcome[], ms: number): string {
  const table = new Table({
    head: ['answer', 'requests', 'duplicates', 'expected', 'p50', 'p90', 'p99', 'max (ms)'],
    style: { head: [], border: [] },
  });
  for (const answer of [...new Set(outcomes.map((outcome) => outcome.answer))].toSorted()) {
    const all = outcomes.filter((outcome) => outcome.answer === answer);
    const times = all.map((outcome) => outcome.ms).toSorted((a, b) => a - b);
    const count = (of: (outcome: Outcome) => boolean) => String(all.filter(of).length);
    table.push([
      answer,
      String(all.length),
      count(({ duplicate }) => duplicate),
      count(({ expected }) => expected),
      ...[50, 90, 99, 100].map((percent) => shown(percentile(times, percent))),
    ]);
  }
  const seconds = ms / 1_000;
  const rate = outcomes.length / Math.max(seconds, 0.001);
  const meanings = outcomes.flatMap(({ answer, meaning }) => (meaning ? [`${answer}: ${meaning}`] : []));
  return [
    table.toString(),
    `${outcomes.length} requests in ${seconds.toFixed(1)} s, ${rate.toFixed(rate < 10 ? 1 : 0)} a second`,
    ...new Set(meanings),
  ].join('\n');
}

/** The nearest rank: the smallest value that so many percent do not exceed. */
export function percentile(ascending: readonly number[], percent: number): number {
  return ascending[Math.max(0, Math.ceil((percent / 100) * ascending.length) - 1)] ?? 0;
}

function shown(ms: number): string {
  return ms.toFixed(ms < 10 ? 1 : 0);
}
