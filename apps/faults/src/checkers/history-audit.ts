import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the history holds, read by plain statements: a judge does not look through the code that it judges. */
export interface RecordedEvent {
  /** Hookline's id. */
  readonly event: string;
  /** The provider's. */
  readonly id: string;
  readonly status: string;
  /** The hash that is stored beside the bytes, and the bytes' own; `undefined` where there are none. */
  readonly sha: string;
  readonly bodySha?: string;
  /** Handler → pending, succeeded, dead or discarded. */
  readonly deliveries: Readonly<Record<string, string>>;
  /** `handler outcome` of every attempt. */
  readonly attempts: readonly string[];
}

export interface HistoryAuditor {
  /** All of it. @throws Error while it cannot be read */
  read(): Promise<readonly RecordedEvent[]>;
  /** Those of these events that it holds with their bytes. @throws Error while it cannot be read */
  holding(events: readonly string[]): Promise<ReadonlySet<string>>;
  /** Ends whatever it has open; the next question opens it anew, once `during` is through. */
  letGo(during?: () => Promise<unknown>): Promise<void>;
}

export type ReaderQuestion =
  | { readonly kind: 'all' }
  | { readonly kind: 'holding'; readonly events: readonly string[] };
export type ReaderAnswer =
  | { readonly events: readonly RecordedEvent[] }
  | { readonly held: readonly string[] }
  | { readonly error: string };

/** Compiled in every case: what starts a process reads no TypeScript. */
const READER = fileURLToPath(new URL('../../dist/checkers/history-reader.js', import.meta.url));

/**
 * Reads in a process of its own: SQLite keeps a file open, and what is shared of it in memory, for as long as the process
 * that has read it goes on.
 * @param url as HISTORY_URL has it
 */
export function historyAuditor(url: string): HistoryAuditor {
  let reader: ChildProcess | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  function start(): ChildProcess {
    const child = fork(READER, [url], { execArgv: [] });
    child.once('exit', () => {
      if (reader === child) reader = undefined;
    });
    return (reader = child);
  }

  function ask(question: ReaderQuestion): Promise<ReaderAnswer> {
    const answer = turn.then(
      () =>
        new Promise<ReaderAnswer>((resolve, reject) => {
          const child = reader ?? start();
          const ended = (): void => reject(new Error('the reader of the history has ended'));
          child.once('exit', ended);
          child.once('message', (message) => {
            child.off('exit', ended);
            resolve(message as ReaderAnswer);
          });
          child.send(question, (error) => {
            if (error !== null) reject(error);
          });
        }),
    );
    turn = answer.catch(() => undefined);
    return answer;
  }

  return {
    async read() {
      const answer = await ask({ kind: 'all' });
      if ('events' in answer) return answer.events;
      throw new Error('error' in answer ? answer.error : 'the reader did not understand');
    },
    async holding(events) {
      if (events.length === 0) return new Set();
      const answer = await ask({ kind: 'holding', events });
      if ('held' in answer) return new Set(answer.held);
      throw new Error('error' in answer ? answer.error : 'the reader did not understand');
    },
    letGo(during) {
      const through = turn.then(async () => {
        await end();
        await during?.();
      });
      turn = through.catch(() => undefined);
      return through;
    },
  };

  async function end(): Promise<void> {
    const child = reader;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
