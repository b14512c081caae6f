import type { AnswerLine, EffectLine } from './ledger.ts';

/** Requests that nobody answered in time. */
export function lateAnswers(answers: readonly AnswerLine[], within: number): string[] {
  return answers
    .filter(({ status, ms }) => status === 0 || ms > within)
    .map(({ id, status, ms }) => `${id}: ${status === 0 ? 'no answer' : status} after ${ms.toFixed(0)} ms`);
}

/**
 * Handlers that began out of order, by `receivedAt`, which has whole milliseconds: events of the same one have no order.
 * @param partitionOf of a provider's id: between two partitions there is no order either
 */
export function disordered(
  effects: readonly EffectLine[],
  partitionOf: (id: string) => number = () => 0,
): string[] {
  const broken: string[] = [];
  const latest = new Map<string, EffectLine>();
  const begun = new Set<string>();
  for (const line of effects) {
    const pair = `${line.id} ${line.handler}`;
    if (line.what !== 'begin' || begun.has(pair)) continue;
    begun.add(pair);
    const lane = `${line.source} ${partitionOf(line.id)}`;
    const before = latest.get(lane);
    if (before !== undefined && before.received > line.received)
      broken.push(
        `${line.id} arrived ${before.received - line.received} ms before ${before.id} and began after it`,
      );
    else latest.set(lane, line);
  }
  return broken;
}
