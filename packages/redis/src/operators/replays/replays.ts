import { createHash, randomBytes } from 'node:crypto';
import { DEFAULT_QUEUE, deliveryIdOf, type EventId, type FleetView, type OperatorAct } from '@hookline/core';
import type { Partition } from '../../client/partition.ts';
import { actText } from '../../events/notes.ts';

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

export interface Replay {
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
  /** Deliveries that it queued. */
  readonly queued: number;
  /** Those of them that have not ended. */
  readonly open: number;
  readonly succeeded: number;
  readonly dead: number;
  /** No handler wanted the event this time either, or it was discarded meanwhile. */
  readonly other: number;
  /** Events that could not be queued, or were open anyway, by why. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** How a piece of a replay's work ended. */
export type ReplayedOutcome = 'succeeded' | 'dead' | 'other';

export type Queued = 'queued' | 'before' | 'open' | 'gone' | 'shed';

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

export async function findReplay({ connection, keys }: Partition, id: string): Promise<Replay | undefined> {
  const [fields, open, queued] = await Promise.all([
    connection.hgetall(keys.replay(id)),
    connection.scard(keys.replayOpen(id)),
    connection.hlen(keys.replayRuns(id)),
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
    queued,
    open,
    succeeded: number('succeeded'),
    dead: number('dead'),
    other: number('other'),
    skipped: Object.fromEntries(skipped),
  };
}

/** The newest first. */
export async function listReplays(partition: Partition, most: number): Promise<readonly Replay[]> {
  const ids = await partition.connection.zrevrange(partition.keys.replays, 0, most - 1);
  const found = await Promise.all(ids.map((id) => findReplay(partition, id)));
  return found.filter((replay) => replay !== undefined);
}

/** Those that are not over, or whose work has not ended. */
export async function replaysUnderWay(partition: Partition): Promise<readonly Replay[]> {
  const { connection, keys } = partition;
  const ids = await connection.smembers(keys.replaysUnderWay);
  const found = await Promise.all(ids.map((id) => findReplay(partition, id)));
  return found.filter((replay) => replay !== undefined);
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

/**
 * Queues one delivery of an event for a replay, once, however often it is asked for.
 * @param asks whether the handler's filter is to be asked again: not where the replay names the handler
 */
export async function replayDelivery(
  partition: Partition,
  replay: string,
  { event, handler, asks }: { readonly event: EventId; readonly handler: string; readonly asks: boolean },
  fleet: FleetView,
  now: number,
): Promise<Queued> {
  const { keys } = partition;
  const letter = deliveryIdOf(event, handler);
  const queuedId = `${letter}~replay-${replay}`;
  const { queue = DEFAULT_QUEUE, where } = fleet.handlers.get(handler) ?? {};
  const asksFilter = asks && where !== undefined;
  return partition.run('replay-delivery-again', {
    keys: {
      event: keys.event(event),
      runs: keys.replayRuns(replay),
      open: keys.replayOpen(replay),
      attempts: keys.attempts(letter),
    },
    args: { letter, id: event, handler, now, queue, queuedId },
    add: {
      run: partition.add({
        queue,
        jobId: queuedId,
        name: handler,
        work: { kind: 'delivery', event, handler, ...(asksFilter ? { asksFilter } : {}) },
        timestamp: now,
      }),
    },
  });
}

/** Has an event that no handler had dispatched once more. */
export async function replayEvent(
  partition: Partition,
  replay: string,
  event: { readonly id: EventId; readonly source: string; readonly provider: string; readonly type: string },
  now: number,
): Promise<Queued> {
  const { keys } = partition;
  const { id, source, provider, type } = event;
  const queuedId = `${id}~again-${replay}`;
  return partition.run('replay-event-again', {
    keys: {
      event: keys.event(id),
      runs: keys.replayRuns(replay),
      open: keys.replayOpen(replay),
      unclaimed: keys.eventsUnclaimed,
    },
    args: { id, queue: DEFAULT_QUEUE, queuedId },
    add: {
      again: partition.add({
        queue: DEFAULT_QUEUE,
        jobId: queuedId,
        name: type,
        work: { kind: 'event', event: id, source, provider, type },
        timestamp: now,
      }),
    },
  });
}

/** What a replay has queued and has not seen the end of. */
export interface OpenRun {
  /** A delivery's id, or an event's that is dispatched anew. */
  readonly letter: string;
  /** Whether it has failed at least once since. */
  readonly isFailing: boolean;
}

export async function openRunsOf(
  { connection, keys }: Partition,
  id: string,
  most: number,
): Promise<readonly OpenRun[]> {
  const letters = await connection.srandmember(keys.replayOpen(id), most);
  if (letters.length === 0) return [];
  const notes = await connection.hmget(keys.replayRuns(id), ...letters);
  const counts = await Promise.all(letters.map((letter) => connection.llen(keys.attempts(letter))));
  return letters.map((letter, index) => ({
    letter,
    isFailing: (counts[index] ?? 0) > Number(notes[index]?.split('|').at(-1) ?? 0),
  }));
}

/** Whether the job that dispatches an event anew has not ended. */
export async function isDispatching(
  { connection, keys }: Partition,
  replay: string,
  event: string,
): Promise<boolean> {
  const job = keys.bullJob(DEFAULT_QUEUE, `${event}~again-${replay}`);
  const [timestamp, finishedOn] = await connection.hmget(job, 'timestamp', 'finishedOn');
  return timestamp != null && finishedOn == null;
}

/** Counts how a piece of a replay's work ended, once. */
export async function concludeReplayed(
  partition: Partition,
  id: string,
  letter: string,
  outcome: ReplayedOutcome,
): Promise<void> {
  await partition.run('conclude-replayed', {
    keys: { replay: partition.keys.replay(id), open: partition.keys.replayOpen(id) },
    args: { letter, outcome },
  });
}

/** Whether this process is the one that carries replays out, now and for the next `duration` milliseconds. */
export async function leadReplays(partition: Partition, owner: string, duration: number): Promise<boolean> {
  const lease = partition.keys.replaysLease;
  return (await partition.run('take-lease', { keys: { lease }, args: { owner, duration } })) === 'held';
}
