import type { StoredDeadLetter, StoredEvent } from './audit.ts';
import { groupBy } from './group-by.ts';
import type { RecordedEvent } from './history-audit.ts';
import type { PlannedEvent } from '../workload/workload.ts';

/** What the history is held against. */
export interface HistoryFacts {
  readonly recorded: readonly RecordedEvent[];
  /** Events that Redis still holds when everything is through and recorded. */
  readonly held: readonly StoredEvent[];
  readonly deadLetters: readonly StoredDeadLetter[];
  readonly planned: readonly PlannedEvent[];
  readonly acknowledged: ReadonlySet<string>;
  /** What has no end yet: that is another equation's. */
  readonly pending: ReadonlySet<string>;
  /** Whether this pair of `id handler` had an effect, and whether it is a dead letter. */
  hadEffect(pair: string): boolean;
  isDead(pair: string): boolean;
  /** How many attempts of it may have succeeded: more than one where a server was lost with what it alone had. */
  mostAttempts(pair: string): number;
  readonly damaged: ReadonlySet<string>;
  /** What was neither in Redis nor in the history at some moment. */
  readonly missed: readonly string[];
}

/** Every acknowledged event once, with its bytes and its end, and Redis rid of it. @returns what is otherwise */
export function wrongHistory(facts: HistoryFacts): string[] {
  const copies = groupBy(facts.recorded, ({ id }) => id);
  const planned = new Set(facts.planned.map(({ id }) => id));
  return [
    ...facts.missed,
    ...[...copies].flatMap(([id, { length }]) => [
      ...(planned.has(id) ? [] : [`${id} is in it and was never sent`]),
      ...(length > 1 ? [`${id} is in it ${length} times`] : []),
    ]),
    ...facts.planned.flatMap((event) => {
      const recorded = copies.get(event.id)?.[0];
      if (recorded !== undefined)
        return [...wrongBytes(facts, event, recorded), ...wrongEnd(facts, event, recorded)];
      return facts.acknowledged.has(event.id) ? [`${event.id} is not in it`] : [];
    }),
    ...facts.held
      .filter(({ status, isUnclaimed }) => ['handled', 'unhandled'].includes(status) && !isUnclaimed)
      .map(({ event, status }) => `${event} is ${status}, and has not left Redis`),
  ];
}

function wrongBytes({ damaged }: HistoryFacts, { id, sha }: PlannedEvent, recorded: RecordedEvent): string[] {
  if (recorded.bodySha === undefined) return [`${id} has no bytes`];
  // What was damaged before it was recorded is kept as it was found: the hash beside it says so.
  const isRight = recorded.sha === sha && (recorded.bodySha === sha || damaged.has(id));
  return isRight ? [] : [`${id} has other bytes`];
}

function wrongEnd(facts: HistoryFacts, { id, expected }: PlannedEvent, recorded: RecordedEvent): string[] {
  const ends = expected.flatMap(({ handler }) => {
    const pair = `${id} ${handler}`;
    if (facts.isDead(pair)) return [{ handler, ends: 'dead' }];
    // What had no end at all is another equation's.
    return facts.hadEffect(pair) ? [{ handler, ends: 'succeeded' }] : [];
  });
  const status =
    expected.length === 0 ? 'unhandled' : ends.some((end) => end.ends === 'dead') ? 'dead' : 'handled';
  if (ends.length < expected.length || facts.pending.has(id)) return [];
  return [
    ...(recorded.status === status ? [] : [`${id} is ${recorded.status} in it and was ${status}`]),
    ...ends
      .filter((end) => recorded.deliveries[end.handler] !== end.ends)
      .map(
        (end) =>
          `${id} ${end.handler} is ${recorded.deliveries[end.handler] ?? 'missing'} in it and has ${end.ends}`,
      ),
    ...wrongAttempts(facts, { id, recorded, ends }),
  ];
}

/** A delivery that succeeded did so in one attempt; one that is dead died in one, unless its worker did. */
function wrongAttempts(
  { deadLetters, mostAttempts }: HistoryFacts,
  {
    id,
    recorded: { event, attempts },
    ends,
  }: {
    readonly id: string;
    readonly recorded: RecordedEvent;
    readonly ends: readonly { readonly handler: string; readonly ends: string }[];
  },
): string[] {
  return ends.flatMap(({ handler, ends: end }) => {
    const times = attempts.filter((attempt) => attempt === `${handler} ${end}`).length;
    const wasTold =
      end === 'succeeded' ||
      deadLetters.some(
        (letter) => letter.event === event && letter.handler === handler && letter.attempts > 0,
      );
    const isRight =
      end === 'succeeded' ? times > 0 && times <= mostAttempts(`${id} ${handler}`) : times > 0 || !wasTold;
    return isRight ? [] : [`${event} ${handler} has ${times} attempts in it that ${end}`];
  });
}
