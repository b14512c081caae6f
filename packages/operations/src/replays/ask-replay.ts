import type { EventId, SearchQuery } from '@hookline/core';
import { beginReplay, turnReplay, type ReplaySpec, type ReplayState } from '@hookline/redis';
import type { EventLog } from '../event-log.ts';

export interface ReplayAsked {
  /** Either these events, by our ids or the providers', or all that fit a query. */
  readonly what:
    | { readonly kind: 'ids'; readonly ids: readonly string[] }
    | { readonly kind: 'query'; readonly query: SearchQuery; readonly text: string };
  readonly handlers?: readonly string[] | undefined;
  readonly canary?: boolean | undefined;
  readonly failureLimit?: number | undefined;
  readonly rate?: number | undefined;
  readonly reason?: string | undefined;
  readonly by: string;
}

export type ReplayBegun =
  | { readonly kind: 'begun'; readonly id: string; readonly total: number }
  | { readonly kind: 'counted'; readonly total: number }
  /** Of these ids nothing is known. */
  | { readonly kind: 'unknown'; readonly ids: readonly string[] }
  | { readonly kind: 'too-many'; readonly most: number };

/** Events a second unless somebody says otherwise: what failed a moment ago may be weak still. */
export const USUAL_RATE = 50;
export const USUAL_FAILURE_LIMIT = 0.2;
/** More are asked for in parts: from and to divide them. */
const MOST_EVENTS = 500_000;
const PAGE = 500;

/** Begins a replay, or only counts what it would be for. */
export async function askReplay(
  log: EventLog,
  asked: ReplayAsked,
  isDryRun: boolean,
  now: number,
): Promise<ReplayBegun> {
  const found =
    asked.what.kind === 'ids' ? await eventsOf(log, asked.what.ids) : await eventsFor(log, asked.what.query);
  if (found.kind !== 'events') return found;
  const { events } = found;
  if (isDryRun) return { kind: 'counted', total: events.length };
  const spec: ReplaySpec = {
    query: asked.what.kind === 'query' ? asked.what.text : undefined,
    handlers: asked.handlers,
    canary: asked.canary ?? false,
    failureLimit: asked.failureLimit ?? USUAL_FAILURE_LIMIT,
    rate: asked.rate ?? USUAL_RATE,
    by: asked.by,
    reason: asked.reason,
  };
  const { id } = await beginReplay(log.partitions, spec, events, now);
  return { kind: 'begun', id, total: events.length };
}

type Found =
  | { readonly kind: 'events'; readonly events: readonly EventId[] }
  | Extract<ReplayBegun, { kind: 'unknown' | 'too-many' }>;

async function eventsOf(log: EventLog, ids: readonly string[]): Promise<Found> {
  const found = await Promise.all(
    ids.map(async (id) => ((await log.find(id)) ?? (await log.detail(id))?.event)?.id),
  );
  const unknown = ids.filter((_, index) => found[index] === undefined);
  if (unknown.length > 0) return { kind: 'unknown', ids: unknown };
  return { kind: 'events', events: [...new Set(found.filter((id) => id !== undefined))] };
}

/** Those that are there when it begins, the oldest first: they are to run in the order in which they came. */
async function eventsFor(log: EventLog, query: SearchQuery): Promise<Found> {
  const events: EventId[] = [];
  let before: string | undefined;
  do {
    const page = await log.search(query, { limit: PAGE, ...(before === undefined ? {} : { before }) });
    events.push(...page.items.map(({ id }) => id));
    if (events.length > MOST_EVENTS) return { kind: 'too-many', most: MOST_EVENTS };
    before = page.next;
  } while (before !== undefined);
  return { kind: 'events', events: events.toReversed() };
}

const TURNS = {
  stop: { from: ['running', 'paused'], to: 'stopped' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
} as const satisfies Readonly<
  Record<string, { readonly from: readonly ReplayState[]; readonly to: ReplayState }>
>;

export type ReplayTurn = keyof typeof TURNS;

/** Stops, pauses or goes on with a replay; what is queued already runs all the same. @returns false when it stands elsewhere */
export function turnReplayBy(
  log: EventLog,
  id: string,
  turn: ReplayTurn,
  by: string,
  now: number,
): Promise<boolean> {
  const { from, to } = TURNS[turn];
  const why = turn === 'resume' ? '' : `${to} by ${by}`;
  return turnReplay(log.partitions, id, from, to, why, now, {
    actor: by,
    action: `replay.${turn}`,
    target: id,
    outcome: 'done',
  });
}
