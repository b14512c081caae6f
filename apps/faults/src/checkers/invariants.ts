import type { AtRest } from './audit.ts';
import { explainSeconds, type Second } from './explain.ts';
import type { Fault } from '../run/faults-log.ts';
import { groupBy } from './group-by.ts';
import type { RecordedEvent } from './history-audit.ts';
import { wrongHistory, type HistoryFacts } from './history-equation.ts';
import type { Life } from '../fleet/lives.ts';
import type { AnswerLine, BankLine, EffectLine } from './ledger.ts';
import { disordered, lateAnswers } from './timing.ts';
import type { Expected, PlannedEvent } from '../workload/workload.ts';

/** All that is known of a run when nothing moves any more. */
export interface Ledger {
  readonly planned: readonly PlannedEvent[];
  readonly answers: readonly AnswerLine[];
  readonly effects: readonly EffectLine[];
  readonly bank: readonly BankLine[];
  readonly rest: AtRest;
  /** The history at the end, and what was neither there nor in Redis on the way; nothing where none is kept. */
  readonly history?: { readonly recorded: readonly RecordedEvent[]; readonly missed: readonly string[] };
  readonly faults: readonly Fault[];
  readonly lives: readonly Life[];
  /** Provider ids whose stored bytes the run damaged: these have to be dead letters, and never an effect. */
  readonly damaged?: ReadonlySet<string>;
  /** Milliseconds within which every request has to be answered; not asked where receivers themselves are stopped. */
  readonly answerWithin?: number;
  /** Whether handlers have to begin in the order of arrival, source by source and partition by partition. */
  readonly ordered?: boolean;
  /** Whether another server takes the place of one that is lost: what that one alone had is lost with it. */
  readonly takesOver?: boolean;
  /** Of each provider's id; all in one unless given. */
  readonly partitionOf?: (id: string) => number;
}

/** One equation, and what breaks it: it holds when there is nothing. */
export interface Equation {
  readonly name: string;
  readonly says: string;
  readonly broken: readonly string[];
}

export interface Verdict {
  readonly equations: readonly Equation[];
  readonly holds: boolean;
  readonly counts: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly posts: number;
    readonly effects: number;
    readonly deadLetters: number;
    readonly faults: number;
    readonly explainedSeconds: number;
  };
}

/** Judges a run. Pure: the same ledger gives the same verdict. */
export function judge(ledger: Ledger): Verdict {
  const facts = collect(ledger);
  const equations = [
    {
      name: 'faults',
      says: 'a run that injected no fault proves nothing',
      broken: ledger.faults.length > 0 ? [] : ['no fault was injected'],
    },
    { name: 'lost', says: 'acknowledged − (effects ∪ dead letters ∪ pending) = 0', broken: lost(facts) },
    { name: 'pending', says: 'nothing is left that will not end', broken: pending(facts) },
    { name: 'complete', says: 'after resending, effects ∪ dead letters = sent', broken: incomplete(facts) },
    { name: 'phantom', says: 'no effect, event or dead letter that was not sent', broken: phantoms(facts) },
    { name: 'corrupt', says: 'every handler was given the bytes that were sent', broken: corrupt(facts) },
    {
      name: 'ends',
      says: 'what has to work works, what has to fail is a dead letter with its history',
      broken: wrongEnds(facts),
    },
    {
      name: 'once',
      says: 'a second effect under ctx.once only for the one in flight when its process was killed or stopped',
      broken: facts.once.unexplained,
    },
    {
      name: 'plain',
      says: 'a second effect without ctx.once only where an attempt was cut short',
      broken: facts.plain.unexplained,
    },
    {
      name: 'bank',
      says: 'no second effect where ctx.idempotencyKey is honoured',
      broken: bankSeconds(facts),
    },
    ...(ledger.history === undefined
      ? []
      : [
          {
            name: 'history',
            says: 'every acknowledged event is in the history once, with its bytes and its end, and leaves Redis for it',
            broken: wrongHistory(historyFacts(facts, ledger.history)),
          },
        ]),
    ...(ledger.answerWithin === undefined
      ? []
      : [
          {
            name: 'answers',
            says:
              ledger.answerWithin === Infinity
                ? 'every request is answered'
                : `every answer within ${ledger.answerWithin} ms`,
            broken: lateAnswers(ledger.answers, ledger.answerWithin),
          },
        ]),
    ...(ledger.ordered === true
      ? [
          {
            name: 'order',
            says: 'handlers begin in the order of arrival, source by source',
            broken: disordered(ledger.effects, ledger.partitionOf),
          },
        ]
      : []),
  ] satisfies Equation[];
  return {
    equations,
    holds: equations.every(({ broken }) => broken.length === 0),
    counts: {
      sent: ledger.planned.length,
      acknowledged: facts.acknowledged.size,
      posts: ledger.answers.length,
      effects: facts.effects.size,
      deadLetters: ledger.rest.deadLetters.length,
      faults: ledger.faults.length,
      explainedSeconds: facts.once.explained.length,
    },
  };
}

interface Facts {
  readonly ledger: Ledger;
  readonly byId: ReadonlyMap<string, PlannedEvent>;
  readonly acknowledged: ReadonlySet<string>;
  /** `id handler` → its effects, in the order of time. */
  readonly effects: ReadonlyMap<string, readonly EffectLine[]>;
  /** `id handler` of every dead letter. */
  readonly dead: ReadonlySet<string>;
  readonly pending: ReadonlySet<string>;
  readonly once: Second;
  readonly plain: Second;
}

function collect(ledger: Ledger): Facts {
  const byId = new Map(ledger.planned.map((event) => [event.id, event]));
  const idOf = new Map(ledger.rest.events.map(({ event, id }) => [event, id]));
  const effects = groupBy(
    ledger.effects.filter(({ what }) => what === 'effect'),
    ({ id, handler }) => `${id} ${handler}`,
  );
  const by = (way: Expected['by']) =>
    [...effects.values()].filter(
      ([first]) => first !== undefined && expectedOf(byId, first.id, first.handler)?.by === way,
    );
  return {
    ledger,
    byId,
    effects,
    acknowledged: new Set(ledger.answers.filter(({ status }) => status === 200).map(({ id }) => id)),
    dead: new Set(
      ledger.rest.deadLetters.map(({ event, handler }) => `${idOf.get(event) ?? event} ${handler}`),
    ),
    pending: new Set(ledger.rest.events.filter(isPending).map(({ id }) => id)),
    once: explainSeconds(by('once'), ledger, 'one at a time'),
    plain: explainSeconds(by('plain'), ledger, 'any number'),
  };
}

function historyFacts(
  { ledger, acknowledged, pending, effects, dead }: Facts,
  history: NonNullable<Ledger['history']>,
): HistoryFacts {
  const { planned, rest, damaged = new Set(), takesOver = false } = ledger;
  const begun = groupBy(
    ledger.effects.filter(({ what }) => what === 'begin'),
    ({ id, handler }) => `${id} ${handler}`,
  );
  return {
    ...history,
    held: rest.events,
    deadLetters: rest.deadLetters,
    planned,
    acknowledged,
    pending,
    damaged,
    hadEffect: (pair) => effects.has(pair),
    mostAttempts: (pair) => (takesOver ? (begun.get(pair)?.length ?? 0) : 1),
    isDead: (pair) => dead.has(pair),
  };
}

function expectedOf(
  byId: ReadonlyMap<string, PlannedEvent>,
  id: string,
  handler: string,
): Expected | undefined {
  return byId.get(id)?.expected.find((expected) => expected.handler === handler);
}

function isPending({ status, deliveries }: AtRest['events'][number]): boolean {
  return (
    ['received', 'queued', 'dispatched'].includes(status) || Object.values(deliveries).includes('pending')
  );
}

function lost({ acknowledged, byId, effects, dead, pending }: Facts): string[] {
  return [...acknowledged].flatMap((id) =>
    (byId.get(id)?.expected ?? [])
      .map(({ handler }) => `${id} ${handler}`)
      .filter((pair) => !effects.has(pair) && !dead.has(pair) && !pending.has(id)),
  );
}

function pending({ pending: ids, ledger: { rest } }: Facts): string[] {
  return [
    ...[...ids].map((id) => `event ${id}`),
    ...rest.liveJobs.map((job) => `job ${job}`),
    ...rest.orphanJobs.map((job) => `orphan ${job}`),
  ];
}

function incomplete({ ledger, acknowledged, effects, dead }: Facts): string[] {
  return ledger.planned.flatMap(({ id, expected }) => [
    ...(acknowledged.has(id) ? [] : [`${id} never had a 2xx`]),
    ...expected
      .map(({ handler }) => `${id} ${handler}`)
      .filter((pair) => !effects.has(pair) && !dead.has(pair)),
  ]);
}

function phantoms({ byId, effects, ledger: { rest } }: Facts): string[] {
  const stored = groupBy(rest.events, ({ id }) => id);
  return [
    ...[...effects.values()].flatMap(([first]) =>
      first === undefined || expectedOf(byId, first.id, first.handler)
        ? []
        : [`effect ${first.id} ${first.handler}`],
    ),
    ...[...stored].flatMap(([id, copies]) => [
      ...(byId.has(id) ? [] : [`event ${id}`]),
      ...(copies.length > 1 ? [`${copies.length} events of ${id}`] : []),
    ]),
    ...rest.deadLetters
      .filter(({ event, handler }) => {
        const id = rest.events.find((stored) => stored.event === event)?.id ?? '';
        return expectedOf(byId, id, handler) === undefined;
      })
      .map(({ event, handler }) => `dead letter ${event} ${handler}`),
  ];
}

function corrupt({ byId, ledger: { effects, rest, damaged } }: Facts): string[] {
  return [
    ...effects
      .filter(({ id, sha }) => byId.get(id)?.sha !== sha)
      .map(({ id, handler }) => `${handler} was given other bytes of ${id}`),
    ...rest.events
      .filter(({ id, sha, intact }) => damaged?.has(id) !== true && !(intact && sha === byId.get(id)?.sha))
      .map(({ id }) => `stored bytes of ${id}`),
  ];
}

function wrongEnds({ ledger: { planned, damaged, rest }, effects, dead }: Facts): string[] {
  const wrong = planned.flatMap(({ id, expected }) =>
    expected.flatMap(({ handler, ends }) => {
      const pair = `${id} ${handler}`;
      const should = damaged?.has(id) === true ? 'dead' : ends;
      if (should === 'effect' && dead.has(pair)) return [`${pair} is a dead letter`];
      if (should === 'dead' && effects.has(pair)) return [`${pair} had an effect`];
      return [];
    }),
  );
  const bare = rest.deadLetters.filter(({ reason, attempts }) => attempts === 0 && reason !== 'worker-lost');
  return [
    ...wrong,
    ...bare.map(({ event, handler }) => `the dead letter ${event} ${handler} has no history`),
  ];
}

function bankSeconds({ ledger: { bank, planned, damaged } }: Facts): string[] {
  const done = groupBy(
    bank.filter(({ repeated }) => !repeated),
    ({ id }) => id,
  );
  const charged = [...done].filter(([, lines]) => lines.length > 1).map(([id]) => `${id} was charged twice`);
  const free = planned.filter(
    ({ id, kind }) => kind === 'bank' && !done.has(id) && damaged?.has(id) !== true,
  );
  return [...charged, ...free.map(({ id }) => `${id} was never charged`)];
}
