import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { HistoryAuditor } from './history-audit.ts';
import { answersFile, type AnswerLine } from './ledger.ts';
import type { PlannedEvent } from '../workload/workload.ts';

export interface WatchParts {
  /** Of the run: the sender's answers are read in it. */
  readonly folder: string;
  readonly planned: readonly PlannedEvent[];
  /** Which of these events Redis has given up and knows by their ids alone. @throws Error while it does not answer */
  givenUp(events: readonly string[]): Promise<readonly string[]>;
  readonly history: HistoryAuditor;
}

export interface Watch {
  /** Looks a last time. @returns what was in neither place at some moment, one line each */
  end(): Promise<readonly string[]>;
}

const LOOK_MS = 1_000;

/**
 * Looks all the while whether what was acknowledged is somewhere: whatever Redis has given up has to be in the history,
 * bytes and all, at that very moment, whoever was just killed. What is in neither because it is spooled was never
 * given up.
 */
export function startWatch({ folder, planned, givenUp, history }: WatchParts): Watch {
  const over = new AbortController();
  const eventOf = new Map(planned.map(({ id, source }) => [id, `${source}.${id}`]));
  const answers = tailOf(answersFile(folder));
  const unseen = new Set<string>();
  const seen = new Set<string>();
  const missed: string[] = [];

  async function look(): Promise<void> {
    for (const { id, status } of answers()) {
      const event = eventOf.get(id);
      if (status === 200 && event !== undefined && !seen.has(event)) unseen.add(event);
    }
    // First Redis, then the history: an event goes that way.
    const gone = await givenUp([...unseen]);
    const held = await history.holding(gone);
    for (const event of gone) {
      unseen.delete(event);
      seen.add(event);
      if (!held.has(event)) missed.push(`${event} had left Redis and was not in the history`);
    }
  }

  async function run(): Promise<void> {
    while (!over.signal.aborted) {
      // Either of them may be away: the next look sees what this one did not.
      await look().catch(() => undefined);
      await wait(LOOK_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async end() {
      over.abort();
      await running;
      await look();
      return missed;
    },
  };
}

/** Reads the lines that were added since it was last asked. */
function tailOf(file: string): () => AnswerLine[] {
  let at = 0;
  return () => {
    if (!existsSync(file)) return [];
    const bytes = Buffer.alloc(Math.max(0, statSync(file).size - at));
    const handle = openSync(file, 'r');
    const read = readSync(handle, bytes, 0, bytes.length, at);
    closeSync(handle);
    const whole = bytes.subarray(0, bytes.subarray(0, read).lastIndexOf('\n') + 1);
    at += whole.length;
    return whole
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AnswerLine);
  };
}
