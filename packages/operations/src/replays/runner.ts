import { randomUUID } from 'node:crypto';
import type { EventId, FleetView } from '@hookline/core';
import {
  advanceReplay,
  concludeReplayed,
  endReplay,
  findReplay,
  isDispatching,
  leadReplays,
  openFleet,
  openRunsOf,
  replayDelivery,
  replayEvent,
  replayEvents,
  replayStateOf,
  replaysUnderWay,
  turnReplay,
  type EventSummary,
  type Queued,
  type Replay,
  type ReplayedOutcome,
} from '@hookline/redis';
import type { EventLog } from '../event-log.ts';
import { nextStep } from './canary.ts';

const LEASE_MS = 15_000;
/** So many of those that are open are looked at in a step: each is a few commands. */
const MOST_OPEN = 100;
/** Whoever was to list its events is gone. */
const COLLECTING_MS = 60_000;
/** How much of a second's share may be queued at once. */
const STEP_MS = 250;

/**
 * Carries replays out, whoever asked for them. Several may do so: one at a time has the lease. It may die anywhere: what
 * was queued is noted in the step that queues it, so whoever goes on repeats nothing.
 */
export class ReplayRunner {
  readonly #log: EventLog;
  readonly #retention: number;
  readonly #now: () => number;
  readonly #owner = randomUUID();
  readonly #fleet: ReturnType<typeof openFleet>;

  /** @param retention milliseconds that an event which is put back into Redis is kept there at most */
  constructor(log: EventLog, retention: number, now: () => number = Date.now) {
    this.#log = log;
    this.#retention = retention;
    this.#now = now;
    this.#fleet = openFleet(log.partitions);
  }

  /** Goes on with every replay that is under way, by a quarter of a second's share. @returns how many are */
  async step(): Promise<number> {
    const { partitions } = this.#log;
    const underWay = await replaysUnderWay(partitions);
    if (underWay.length === 0 || !(await leadReplays(partitions, this.#owner, LEASE_MS))) return 0;
    for (const replay of underWay) await this.#goOn(replay);
    return underWay.length;
  }

  async #goOn(replay: Replay): Promise<void> {
    const { id, state, askedAt, away } = replay;
    const { partitions } = this.#log;
    // What became of its work there nobody knows, and its events are to run in their order.
    if (away !== undefined) return;
    const failing = await this.#conclude(replay);
    if (state === 'collecting') {
      if (this.#now() - askedAt < COLLECTING_MS) return;
      const why = 'who listed its events is gone; nothing was queued: ask for it again';
      await turnReplay(partitions, id, ['collecting'], 'stopped', why, this.#now());
    }
    if (state === 'stopped' || state === 'done') return endReplay(partitions, id);
    if (state !== 'running') return;
    const now = await findReplay(partitions, id);
    if (now === undefined || now.away !== undefined) return;
    if (now.position >= now.total) {
      if (now.open === 0) await turnReplay(partitions, id, ['running'], 'done', '', this.#now());
      if (!now.spec.canary || now.open === 0) return;
    }
    let most = Infinity;
    if (now.spec.canary) {
      const step = nextStep({ ...now, failing }, now.spec.failureLimit);
      if (step.kind === 'wait') return;
      if (step.kind === 'stop') {
        await turnReplay(partitions, id, ['running'], 'stopped', step.why, this.#now());
        return;
      }
      most = step.most;
    }
    await this.#queueSome(now, most - now.queued);
  }

  /** @param room how many deliveries may be queued */
  async #queueSome(replay: Replay, room: number): Promise<void> {
    const share = Math.max(1, Math.round((replay.spec.rate * STEP_MS) / 1_000));
    const events = await replayEvents(this.#log.partitions, replay.id, replay.position, share);
    let [position, left] = [replay.position, room];
    for (const event of events) {
      const { queued, skipped, isWhole } = await this.#queueEvent(replay, event, left);
      left -= queued;
      // An event whose deliveries do not all fit into a canary's step is looked at again; what is queued is known.
      if (!isWhole) return;
      position += 1;
      await advanceReplay(this.#log.partitions, replay.id, position, skipped);
      if (left <= 0) return;
      if ((await replayStateOf(this.#log.partitions, replay.id)) !== 'running') return;
    }
  }

  async #queueEvent(
    replay: Replay,
    id: EventId,
    room: number,
  ): Promise<{ readonly queued: number; readonly skipped?: string; readonly isWhole: boolean }> {
    const event = await this.#log.find(id);
    if (event === undefined) return { queued: 0, skipped: 'unknown', isWhole: true };
    const problem = await this.#log.restore(id, this.#retention);
    if (problem !== undefined) return { queued: 0, skipped: problem, isWhole: true };
    const { partitions } = this.#log;
    const fleet = await this.#fleet.view();
    const handlers = replay.spec.handlers ?? handlersOf(event, fleet);
    if (handlers.length === 0) {
      const answer = await replayEvent(partitions, replay.id, event, this.#now());
      return { queued: answer === 'queued' ? 1 : 0, isWhole: true, ...skippedFor(answer) };
    }
    const answers: Queued[] = [];
    for (const handler of handlers) {
      if (answers.filter((answer) => answer === 'queued').length >= room)
        return { queued: room, isWhole: false };
      const delivery = { event: id, handler, asks: replay.spec.handlers === undefined };
      answers.push(await replayDelivery(partitions, replay.id, delivery, fleet, this.#now()));
    }
    const queued = answers.filter((answer) => answer === 'queued').length;
    const isNone = answers.every((answer) => answer !== 'queued' && answer !== 'before');
    return { queued, isWhole: true, ...(isNone ? skippedFor(answers[0] ?? 'gone') : {}) };
  }

  /** Counts what has ended. @returns how many of the open ones have failed at least once */
  async #conclude({ id }: Replay): Promise<number> {
    const { partitions } = this.#log;
    const open = await openRunsOf(partitions, id, MOST_OPEN);
    let failing = 0;
    for (const { letter, isFailing } of open) {
      const outcome = await this.#outcomeOf(id, letter);
      if (outcome !== undefined) await concludeReplayed(partitions, id, letter, outcome);
      else if (isFailing) failing += 1;
    }
    return failing;
  }

  /** `undefined` while it is open. */
  async #outcomeOf(replay: string, letter: string): Promise<ReplayedOutcome | undefined> {
    const [id = '', handler] = letter.split('~');
    const event = await this.#log.find(id);
    if (event === undefined) return 'other';
    if (handler !== undefined) {
      const status = event.deliveries[handler];
      if (status === 'pending') return undefined;
      return status === 'succeeded' || status === 'dead' ? status : 'other';
    }
    // One that was put back stands as handled until it is dispatched.
    if (await isDispatching(this.#log.partitions, replay, id)) return undefined;
    switch ((await this.#log.find(id))?.status) {
      case 'handled':
        return 'succeeded';
      case 'dead':
        return 'dead';
      case 'unhandled':
        return 'other';
      default:
        return undefined;
    }
  }
}

/** Whom a replay of a whole event is for: what a filter refused waits for no handler that is not there to be asked. */
function handlersOf(
  { deliveries }: Pick<EventSummary, 'deliveries'>,
  { handlers }: FleetView,
): readonly string[] {
  return Object.keys(deliveries).filter((name) => deliveries[name] !== 'filtered' || handlers.has(name));
}

function skippedFor(answer: Queued): { readonly skipped?: string } {
  switch (answer) {
    case 'queued':
    case 'before':
      return {};
    case 'open':
      return { skipped: 'it is open: it waits or runs anyway' };
    case 'gone':
      return { skipped: 'unknown' };
    case 'shed':
      return { skipped: 'its body was given up to make room' };
  }
}
