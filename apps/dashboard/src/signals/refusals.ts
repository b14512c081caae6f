import type { SourceSummary } from '@hookline/core';
import { countOf } from '../kit/amounts.ts';
import type { Signal } from './signal.ts';

/** The time that is looked at, and the one before it that says what is usual. */
export const REFUSALS_MS = 5 * 60_000;
export const USUAL_MS = 24 * 3_600_000;

const FEWEST = 20;
/** Times what is usual. */
const CLEARLY = 5;
const MOST_NAMED = 5;

/**
 * One for each source that refuses far more than it does in other five minutes. Anybody can name a source that there is not:
 * those that never had an event are one.
 * @param recent what was refused in the last five minutes
 * @param before what was refused in the day before them
 */
export function refusalSignals(
  recent: readonly SourceSummary[],
  before: readonly SourceSummary[],
): readonly Signal[] {
  const usual = new Map(before.map((each) => [each.source, (refusedIn(each) * REFUSALS_MS) / USUAL_MS]));
  const known = recent.filter(({ lastEventAt }) => lastEventAt !== undefined);
  const strangers = recent.filter((each) => each.lastEventAt === undefined && refusedIn(each) > 0);
  const signals = known.flatMap((each) => {
    const refused = refusedIn(each);
    if (!isSpike(refused, usual.get(each.source) ?? 0)) return [];
    return [signalOf(each.source, each.source, refused, reasonsOf([each]))];
  });
  const refused = sumOf(strangers.map(refusedIn));
  const usualOfThem = sumOf(
    before.filter(({ lastEventAt }) => lastEventAt === undefined).map(({ source }) => usual.get(source) ?? 0),
  );
  if (!isSpike(refused, usualOfThem)) return signals;
  const names = strangers.map(({ source }) => source);
  const more = names.length > MOST_NAMED ? ' and others' : '';
  const subject = names.slice(0, MOST_NAMED).join(', ') + more;
  return [...signals, signalOf('(none)', subject, refused, reasonsOf(strangers))];
}

function isSpike(refused: number, usual: number): boolean {
  return refused >= FEWEST && refused >= CLEARLY * usual;
}

function signalOf(name: string, subject: string, refused: number, reasons: string): Signal {
  return {
    kind: 'refusals',
    key: `refusals:${name}`,
    title: name === '(none)' ? 'Many refusals on sources without events' : `Many refusals on ${name}`,
    says: [
      `${countOf(refused, 'request')} refused in the last 5 minutes on `,
      subject,
      `, far more than usual: ${reasons}.`,
    ],
    path: '/admin/refusals',
  };
}

function refusedIn({ refused }: SourceSummary): number {
  return sumOf(Object.values(refused));
}

function reasonsOf(sources: readonly SourceSummary[]): string {
  const counts = new Map<string, number>();
  for (const { refused } of sources)
    for (const [reason, count] of Object.entries(refused))
      counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MOST_NAMED)
    .map(([reason, count]) => `${reason} (${count})`)
    .join(', ');
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
