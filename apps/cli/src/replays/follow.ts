import { explain } from '@hookline/core';
import { ReplayRunner, type EventLog } from '@hookline/operations';
import { every, findReplay, listStatuses, type Loop, type Replay } from '@hookline/redis';
import { setTimeout as wait } from 'node:timers/promises';
import type { Terminal } from '../terminal.ts';
import { progressBar, progressLine } from './describe.ts';

const EVERY_MS = 250;
/** Where lines are kept, one a second is enough. */
const LINE_MS = 1_000;
const ERASE = '\r\u001b[K';

/** Whether a process lives that carries replays out. */
export async function isDashboardAlive({ partitions }: EventLog): Promise<boolean> {
  return (await listStatuses(partitions)).some(({ role }) => role === 'dashboard');
}

/** How it ended, or stood when the signal came. `here`: this process carried it out, and does no more. */
export interface Followed {
  readonly replay: Replay;
  readonly isOver: boolean;
  readonly isHere: boolean;
}

/**
 * Shows how far a replay is until it is over. Where no dashboard lives that would carry it out, this process does.
 * @param options.isQuiet shows nothing: a program waits for the end
 * @param options.retention milliseconds that an event which is put back into Redis is kept there at most
 */
export async function followReplay(
  log: EventLog,
  id: string,
  options: { readonly isQuiet: boolean; readonly retention: number },
  terminal: Pick<Terminal, 'write' | 'note' | 'stdout' | 'isWatched'>,
  over: AbortSignal,
): Promise<Followed | undefined> {
  const show = options.isQuiet ? NOTHING_SHOWN : terminal.isWatched ? bar(terminal) : lines(terminal);
  let carrying: Loop | undefined;
  try {
    for (;;) {
      if (carrying === undefined && !(await isDashboardAlive(log))) {
        show.end();
        terminal.note('no dashboard runs, which carries replays out: this command does, until it is done');
        const runner = new ReplayRunner(log, options.retention);
        carrying = every(
          EVERY_MS,
          () => runner.step(),
          (error) => terminal.note(`hookline: ${explain(error)}; trying again`),
          'at-once',
        );
      }
      const replay = await findReplay(log.partitions, id);
      if (replay === undefined) return undefined;
      const isOver = replay.state === 'done' || (replay.state === 'stopped' && replay.open === 0);
      show.progress(replay, isOver);
      if (isOver || over.aborted) return { replay, isOver, isHere: carrying !== undefined };
      await wait(EVERY_MS, undefined, { signal: over }).catch(() => undefined);
    }
  } finally {
    show.end();
    await carrying?.stop();
  }
}

interface Progress {
  progress(replay: Replay, isLast: boolean): void;
  end(): void;
}

const NOTHING_SHOWN: Progress = { progress: () => undefined, end: () => undefined };

/** One line that is written over. */
function bar({ stdout }: Pick<Terminal, 'stdout'>): Progress {
  let isOpen = false;
  return {
    progress(replay) {
      stdout.write(`${ERASE}${progressBar(replay)}`);
      isOpen = true;
    },
    end() {
      if (isOpen) stdout.write('\n');
      isOpen = false;
    },
  };
}

/** A line for what is new. */
function lines({ write }: Pick<Terminal, 'write'>): Progress {
  let [last, at] = ['', -Infinity];
  return {
    progress(replay, isLast) {
      const line = progressLine(replay);
      if (line === last || (!isLast && Date.now() - at < LINE_MS)) return;
      write(line);
      [last, at] = [line, Date.now()];
    },
    end: () => undefined,
  };
}
