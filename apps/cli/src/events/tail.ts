import { explain } from '@hookline/core';
import type { EventLog } from '@hookline/operations';
import type { EventSummary } from '@hookline/redis';
import { setTimeout as wait } from 'node:timers/promises';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import type { Terminal } from '../terminal.ts';
import type { Filter } from './filter.ts';
import { writeEvents } from './list.ts';

const EVERY_MS = 500;
const WINDOW = 200;
const MOST_AT_ONCE = 10_000;
/** Ids that are remembered, so that none is told of twice. */
const MOST_SEEN = 50_000;
/** Clocks of several machines differ. */
const SLACK_MS = 2_000;

type Wanted = Pick<Filter, 'fits' | 'status'>;

/** `events tail`: tells of each event that comes, or of each that comes to stand at `--status`, until the signal. */
export function tailEvents(
  config: CliConfig,
  filter: Wanted,
  json: boolean,
  { write, note }: Pick<Terminal, 'write' | 'note'>,
  over: AbortSignal,
): Promise<number> {
  return withEventLog(config, async (log) => {
    const follower = new Follower(log, filter, await redisTime(log));
    let lastProblem = '';
    await follower.news();
    while (!over.aborted) {
      await wait(EVERY_MS, undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) break;
      try {
        const { events, isMore } = await follower.news();
        if (isMore) note(`more came at once than can be told of: 'events list' shows them`);
        writeEvents(events, json, write);
        lastProblem = '';
      } catch (error) {
        const problem = explain(error);
        if (problem !== lastProblem) note(`hookline: ${problem}; trying again`);
        lastProblem = problem;
      }
    }
    return 0;
  });
}

/** Knows which events it has told of. */
class Follower {
  readonly #log: EventLog;
  readonly #wanted: Wanted;
  readonly #since: number;
  readonly #seen = new Set<string>();

  /** @param since when it began, by Redis's clock */
  constructor(log: EventLog, wanted: Wanted, since: number) {
    this.#log = log;
    this.#wanted = wanted;
    this.#since = since - SLACK_MS;
  }

  /** Those that came since the last time, oldest first. */
  async news(): Promise<{ readonly events: readonly EventSummary[]; readonly isMore: boolean }> {
    const { fits, status } = this.#wanted;
    let count = WINDOW;
    let events = await this.#newest(count);
    // All of them new: there may be more.
    while (events.length === count && events.every((each) => this.#isNew(each))) {
      if (count >= MOST_AT_ONCE) break;
      count = Math.min(count * 4, MOST_AT_ONCE);
      events = await this.#newest(count);
    }
    const fresh = events.filter((event) => this.#isNew(event));
    for (const { id } of events) this.#remember(id);
    return {
      events: fresh.filter((event) => fits(event) && (status ?? event.status) === event.status).toReversed(),
      isMore: fresh.length >= MOST_AT_ONCE,
    };
  }

  /** Asked by status alone: what else is wanted would have Redis look through all that it holds. */
  #newest(count: number): Promise<readonly EventSummary[]> {
    const { status } = this.#wanted;
    return this.#log.list(status === undefined ? { count, query: {} } : { count, status, query: { status } });
  }

  /** What moves into the window because others left it is old. */
  #isNew({ id, recordedAt, queuedAt, settledAt = 0 }: EventSummary): boolean {
    return !this.#seen.has(id) && Math.max(recordedAt, queuedAt, settledAt) >= this.#since;
  }

  #remember(id: string): void {
    this.#seen.delete(id);
    this.#seen.add(id);
    if (this.#seen.size <= MOST_SEEN) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }
}

/** By the clock that is behind the others. */
async function redisTime({ partitions }: EventLog): Promise<number> {
  const asked = await Promise.allSettled(partitions.all.map(({ connection }) => connection.time()));
  const times = asked.flatMap((each) => (each.status === 'fulfilled' ? [Number(each.value[0])] : []));
  return Math.min(...times) * 1_000;
}
