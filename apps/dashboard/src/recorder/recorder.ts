import {
  compareRevisions,
  explain,
  type EventId,
  type History,
  type Logger,
  type RecordedEvent,
  type Revision,
} from '@hookline/core';
import type { ChangeBlock, ReadEvent, Recording } from '@hookline/redis';

/**
 * Carries what happens in Redis into the history: block after block, at least once, and so that once more changes nothing.
 * What is settled leaves Redis only after its block is recorded. It may die at any line: whoever goes on begins where the
 * history says that it is.
 */
export interface RecorderParts {
  readonly recording: Recording;
  readonly history: History;
  readonly log: Logger;
  /** Told of what was done, for the metrics. */
  readonly count?: (done: 'recorded' | 'given-up', events: number) => void;
}

export interface RecorderSettings {
  /** Milliseconds between two passes over everything that Redis holds. */
  readonly sweepInterval?: number;
  /** Milliseconds until what may be given up soon is looked at again, the first time. */
  readonly later?: number;
}

const START: Revision = '0-0';
/** Long, because a large block and a slow disk take a while; what replaces a recorder that died waits for it. */
const LEASE_MS = 15_000;
/** Events that may be given up soon are looked at again after so long, then after twice as long each time. */
const LATER_MS = 5_000;
const LONGEST_MS = 60_000;
/** More are left to the next pass over everything. */
const MOST_LATER = 20_000;
const LATER_PAGE = 250;
const NOTES_PAGE = 500;
/** A server that was cut off may go on answering for that long as if it still led. */
const UNEASY_MS = 60_000;

/** One process's recorder, a step at a time; several processes may have one, and one of them works. */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #sweepInterval: number;
  readonly #pause: number;
  #place: Revision | undefined;
  /** Up to where Redis was told to forget. */
  #forgotten: Revision | undefined;
  /** The block behind the one that is being recorded, while there is much to do: Redis need not wait for the history. */
  #ahead: { readonly after: Revision; readonly block: Promise<ChangeBlock> } | undefined;
  #sweptAt = -Infinity;
  /** How often Redis was connected to by then. */
  #connections = 0;
  /** Until then it may not have heard yet of all that was told to the one before. */
  #uneasyUntil = -Infinity;
  #later = new Map<EventId, { readonly pause: number; readonly due: number }>();
  #isStopped = false;
  /** Said once, and once that it is over. */
  #isFailing = false;

  constructor(parts: RecorderParts, { sweepInterval = 600_000, later = LATER_MS }: RecorderSettings = {}) {
    this.#parts = parts;
    this.#sweepInterval = sweepInterval;
    this.#pause = later;
  }

  /** Records all there is now, unless another process does. @returns how many events were recorded */
  async step(): Promise<number> {
    if (!(await this.#lead())) return 0;
    let recorded = 0;
    for (;;) {
      const events = await this.#recordBlock();
      if (events === undefined) break;
      recorded += events;
      if (this.#isStopped || !(await this.#lead())) return recorded;
    }
    // What is new by the next step would not be in it.
    this.#ahead = undefined;
    await this.#recordNotes();
    await this.#giveUpLater();
    if (this.#isSweepDue()) await this.#sweep();
    return recorded;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What had been given up may be there again with a server that took over; one that was frozen took some of it with it. */
  #isSweepDue(): boolean {
    const { connections } = this.#parts.recording;
    const now = performance.now();
    if (connections !== this.#connections) {
      this.#connections = connections;
      this.#uneasyUntil = now + UNEASY_MS;
      return true;
    }
    const since = now - this.#sweptAt;
    return since >= this.#sweepInterval || (now < this.#uneasyUntil && since >= UNEASY_MS / 4);
  }

  async #lead(): Promise<boolean> {
    const leads = await this.#parts.recording.lead(LEASE_MS);
    // Whoever led meanwhile has gone further: the history knows how far.
    if (!leads) this.#forget();
    return leads;
  }

  /** Where it is, and what was left to give up: whoever leads next cannot know what another one, or a failed step, has left. */
  #forget(): void {
    this.#place = undefined;
    this.#forgotten = undefined;
    this.#ahead = undefined;
    this.#sweptAt = -Infinity;
  }

  #read(after: Revision): Promise<ChangeBlock> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead?.after === after ? ahead.block : this.#readNow(after);
  }

  async #readNow(after: Revision): Promise<ChangeBlock> {
    const forgotten = this.#forgotten;
    const block = await this.#parts.recording.changes.read(after);
    // A server took over that had not heard of it: what had left Redis just before that may be there again as well.
    if (isUpTo(block.oldest, forgotten)) this.#sweptAt = -Infinity;
    return block;
  }

  #readAhead(after: Revision): void {
    const block = this.#readNow(after);
    // Whoever asks for it is told.
    block.catch(() => undefined);
    this.#ahead = { after, block };
  }

  /** @returns how many events it held; `undefined` when nothing is new */
  async #recordBlock(): Promise<number | undefined> {
    const { recording, history, log } = this.#parts;
    const { changes, partition } = recording;
    this.#place ??= (await history.cursor(partition)) ?? START;
    const { events, attempts, place, newest } = await this.#read(this.#place);
    if (place === this.#place) {
      if (newest === START || compareRevisions(newest, place) >= 0) return undefined;
      log.warn('Redis is another one than was recorded last, or has lost data: recording all that it holds');
      this.#place = START;
      return this.#recordBlock();
    }
    if (compareRevisions(newest, place) > 0) this.#readAhead(place);
    // What has gone on may leave soon, however long it waited before.
    for (const { snapshot } of events) this.#later.delete(snapshot.id);
    await this.#keep(events, { attempts, cursor: { partition, position: place } });
    await changes.trim(place);
    this.#forgotten = place;
    this.#place = place;
    return events.length;
  }

  async #keep(
    events: readonly ReadEvent[],
    rest: Partial<Pick<Parameters<History['record']>[0], 'attempts' | 'cursor'>>,
  ): Promise<number> {
    const { history, recording, count } = this.#parts;
    const recorded = await history.record({
      events: events.map(({ snapshot }) => snapshot),
      attempts: rest.attempts ?? [],
      refusals: [],
      audit: [],
      cursor: rest.cursor,
    });
    count?.('recorded', events.length);
    const { given, later } = await recording.changes.giveUp(safeToGiveUp(events, recorded));
    count?.('given-up', given);
    const waiting = new Set(later);
    for (const { snapshot } of events) this.#lookLater(snapshot.id, waiting.has(snapshot.id));
    return given;
  }

  #lookLater(id: EventId, isWaiting: boolean): void {
    const before = this.#later.get(id);
    this.#later.delete(id);
    if (!isWaiting || this.#later.size >= MOST_LATER) return;
    const pause = before === undefined ? this.#pause : Math.min(2 * before.pause, LONGEST_MS);
    this.#later.set(id, { pause, due: performance.now() + pause });
  }

  /** What operators did, and what was refused: forgotten in Redis once it is recorded. */
  async #recordNotes(): Promise<void> {
    const { recording, history } = this.#parts;
    const { notes } = recording;
    while (!this.#isStopped) {
      const [audit, refusals] = await Promise.all([
        notes.readAudit(NOTES_PAGE),
        notes.readRefusals(NOTES_PAGE),
      ]);
      if (audit.last === undefined && refusals.last === undefined) return;
      await history.record({
        events: [],
        attempts: [],
        refusals: refusals.notes,
        audit: audit.notes,
        cursor: undefined,
      });
      if (audit.last !== undefined) await notes.forgetAudit(audit.last);
      if (refusals.last !== undefined) await notes.forgetRefusals(refusals.last);
      if (!(await this.#lead())) return;
    }
  }

  /** What had not ended altogether when it was recorded. */
  async #giveUpLater(): Promise<void> {
    const { recording } = this.#parts;
    const due = [...this.#later].filter(([, { due }]) => performance.now() >= due).map(([id]) => id);
    for (let at = 0; at < due.length && !this.#isStopped; at += LATER_PAGE) {
      const ids = due.slice(at, at + LATER_PAGE);
      const events = await recording.changes.look(ids);
      const held = new Set(events.map(({ snapshot }) => snapshot.id));
      for (const id of ids) if (!held.has(id)) this.#later.delete(id);
      await this.#keep(events, {});
      if (!(await this.#lead())) return;
    }
  }

  /** What changed before anybody recorded it, the first time; then what could not be given up when it was. */
  async #sweep(): Promise<void> {
    const { recording, history } = this.#parts;
    const isFirst =
      !(await recording.isRecordedOnce()) || (await history.cursor(recording.partition)) === undefined;
    const pages = recording.changes.all(isFirst ? 'all' : 'settled');
    let given: number | undefined;
    for (;;) {
      const page = await (given === undefined ? pages.next() : pages.next(given));
      if (page.done === true) break;
      given = await this.#keep(page.value, {});
      if (this.#isStopped || !(await this.#lead())) return;
    }
    if (isFirst) await recording.noteRecordedOnce();
    this.#sweptAt = performance.now();
  }

  /** Takes a step. @returns whether it went well; what went wrong is in the log */
  async guardedStep(): Promise<boolean> {
    const { log } = this.#parts;
    try {
      await this.step();
    } catch (error) {
      this.#forget();
      if (!this.#isFailing)
        log.error('the history cannot be recorded; Redis keeps what happens until it can', {
          error: explain(error),
        });
      this.#isFailing = true;
      return false;
    }
    if (this.#isFailing) log.info('the history is recorded again');
    this.#isFailing = false;
    return true;
  }
}

function isUpTo(place: Revision | undefined, end: Revision | undefined): boolean {
  return place !== undefined && end !== undefined && compareRevisions(place, end) <= 0;
}

/** Those that the history holds as of what was read, body and all: nothing else may leave Redis. */
export function safeToGiveUp(
  events: readonly ReadEvent[],
  recorded: readonly RecordedEvent[],
): readonly ReadEvent[] {
  const held = new Map(recorded.map((event) => [event.id, event]));
  return events.filter(({ snapshot: { id, revision, body } }) => {
    const its = held.get(id);
    if (its === undefined || compareRevisions(its.revision, revision) < 0) return false;
    return its.hasBody || body === undefined;
  });
}
