import { createHash, randomBytes } from 'node:crypto';
import type { EventId, OperatorAct } from '@hookline/core';
import type { Partition } from '../../client/partition.ts';
import { actText } from '../../events/notes.ts';
import { tallyOf, type ReplayTally } from './replayed.ts';

/** What is to be replayed, and how. */
export interface ReplaySpec {
  /** As it was asked for, for people. */
  readonly query: string | undefined;
  /** All that each event was given to unless given. */
  readonly handlers: readonly string[] | undefined;
  /** Begin with few, and stop by itself when too many of them fail. */
  readonly canary: boolean;
  /** The share of failures at which it stops, from 0 to 1. */
  readonly failureLimit: number;
  /** Events a second. */
  readonly rate: number;
  readonly by: string;
  readonly reason: string | undefined;
}

/**
 * `collecting` its events are being listed · `running` · `paused` by an operator · `stopped` by an operator, or by itself:
 * see `why` · `done` everything of it has ended.
 */
export type ReplayState = 'collecting' | 'running' | 'paused' | 'stopped' | 'done';

export interface Replay extends ReplayTally {
  readonly id: string;
  readonly spec: ReplaySpec;
  readonly state: ReplayState;
  /** Why it stands there, where somebody or something made it. */
  readonly why: string | undefined;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  readonly turnedAt: number | undefined;
  /** Events. */
  readonly total: number;
  /** How many of them were looked at. */
  readonly position: number;
  /** Events that could not be queued, or were open anyway, by why. */
  readonly skipped: Readonly<Record<string, number>>;
  /** By number: partitions that do not answer. What was queued there is not counted; nothing where all of them do. */
  readonly away?: readonly number[];
}

/** A click that comes twice means one thing. */
const TWIN_MS = 10_000;
const PIECE = 1_000;
/** Those before them can still be asked for by their ids. */
const MOST_LISTED = 500;
/** Milliseconds that a replay is known once it is over. */
const KEPT_MS = 30 * 86_400_000;

/** Begins a replay. @returns its id; that of the same one when it was asked for a moment ago */
export async function beginReplay(
  partition: Partition,
  spec: ReplaySpec,
  events: readonly EventId[],
  now: number,
): Promise<{ readonly id: string; readonly isTwin: boolean }> {
  const { keys, connection } = partition;
  const asked = randomBytes(8).toString('hex');
  const digest = createHash('sha256')
    .update(JSON.stringify([spec, events]))
    .digest('hex')
    .slice(0, 32);
  const what = spec.query === undefined ? (events[0] ?? '') : `query: ${spec.query}`;
  const act = {
    actor: spec.by,
    action: 'replay.start',
    target: spec.query === undefined && events.length === 1 ? (events[0] ?? '') : asked,
    outcome: 'started',
    detail: `replay ${asked} of ${events.length} events${spec.query === undefined ? '' : ` (${what})`}${spec.reason === undefined ? '' : `: ${spec.reason}`}`,
  } satisfies OperatorAct;
  const [kind, said] = await partition.run('begin-replay', {
    keys: {
      replay: keys.replay(asked),
      replays: keys.replays,
      underWay: keys.replaysUnderWay,
      twin: keys.replayTwin(digest),
    },
    args: {
      id: asked,
      askedAt: now,
      spec: JSON.stringify(spec),
      twinMs: TWIN_MS,
      most: MOST_LISTED,
      act: actText(act),
    },
  });
  const id = String(said);
  if (kind === 'twin') return { id, isTwin: true };
  // A process that dies here leaves a replay that is being collected for ever, of which nothing was queued.
  for (let at = 0; at < events.length; at += PIECE)
    await connection.rpush(keys.replayEvents(id), ...events.slice(at, at + PIECE));
  await connection.hset(keys.replay(id), 'total', events.length);
  await turnReplay(partition, id, ['collecting'], 'running', '', now);
  return { id, isTwin: false };
}

/** @param act who does it; nobody in person when it turns by itself. @returns false when it stands elsewhere */
export async function turnReplay(
  partition: Partition,
  id: string,
  from: readonly ReplayState[],
  to: ReplayState,
  why: string,
  now: number,
  act?: OperatorAct,
): Promise<boolean> {
  const answer = await partition.run('turn-replay', {
    keys: { replay: partition.keys.replay(id) },
    args: { to, why, turnedAt: now, act: actText(act) },
    lists: { from },
  });
  return answer === 'turned';
}

const SKIPPED = /^skipped\/(.+)$/;

export async function findReplay(partition: Partition, id: string): Promise<Replay | undefined> {
  const [fields, tally] = await Promise.all([
    partition.connection.hgetall(partition.keys.replay(id)),
    tallyOf(partition, id),
  ]);
  if (fields['spec'] === undefined) return undefined;
  const number = (name: string) => Number(fields[name] ?? 0);
  const skipped = Object.entries(fields).flatMap(([name, count]): [string, number][] => {
    const why = SKIPPED.exec(name)?.[1];
    return why === undefined ? [] : [[why, Number(count)]];
  });
  return {
    id,
    spec: JSON.parse(fields['spec']) as ReplaySpec,
    state: fields['state'] as ReplayState,
    why: fields['why'] || undefined,
    askedAt: number('askedAt'),
    turnedAt: fields['turnedAt'] === undefined ? undefined : number('turnedAt'),
    total: number('total'),
    position: number('position'),
    ...tally,
    skipped: Object.fromEntries(skipped),
  };
}

/** The newest first. */
export async function replayIds({ connection, keys }: Partition, most: number): Promise<readonly string[]> {
  return connection.zrevrange(keys.replays, 0, most - 1);
}

/** Those that are not over, or whose work has not ended. */
export async function idsUnderWay({ connection, keys }: Partition): Promise<readonly string[]> {
  return connection.smembers(keys.replaysUnderWay);
}

/** Where a replay stands now. */
export async function replayStateOf(
  { connection, keys }: Partition,
  id: string,
): Promise<ReplayState | undefined> {
  return ((await connection.hget(keys.replay(id), 'state')) ?? undefined) as ReplayState | undefined;
}

/** Forgets what a replay needed to go on, once it is over and its work has ended; the rest is known for a while. */
export async function endReplay(partition: Partition, id: string): Promise<void> {
  const { keys } = partition;
  await partition.run('end-replay', {
    keys: {
      replay: keys.replay(id),
      runs: keys.replayRuns(id),
      events: keys.replayEvents(id),
      open: keys.replayOpen(id),
      underWay: keys.replaysUnderWay,
    },
    args: { id, keptMs: KEPT_MS },
  });
}

/** Of a replay that is known elsewhere: what was noted of its work here goes after a while, as it does there. */
export async function fadeReplay({ connection, keys }: Partition, id: string): Promise<void> {
  await connection.multi().pexpire(keys.replay(id), KEPT_MS).pexpire(keys.replayRuns(id), KEPT_MS).exec();
}

/** The events of a replay from a position on. */
export async function replayEvents(
  { connection, keys }: Partition,
  id: string,
  from: number,
  count: number,
): Promise<readonly EventId[]> {
  return (await connection.lrange(keys.replayEvents(id), from, from + count - 1)) as EventId[];
}

/** Notes that an event of a replay was looked at, and why nothing of it was queued, if so. */
export async function advanceReplay(
  { connection, keys }: Partition,
  id: string,
  position: number,
  skipped: string | undefined,
): Promise<void> {
  const change = connection.multi().hset(keys.replay(id), 'position', position);
  if (skipped !== undefined) change.hincrby(keys.replay(id), `skipped/${skipped}`, 1);
  await change.exec();
}

/** Whether this process is the one that carries replays out, now and for the next `duration` milliseconds. */
export async function leadReplays(partition: Partition, owner: string, duration: number): Promise<boolean> {
  const lease = partition.keys.replaysLease;
  return (await partition.run('take-lease', { keys: { lease }, args: { owner, duration } })) === 'held';
}
