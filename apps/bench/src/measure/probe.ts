/**
 * Loaded ahead of every contender: answers over IPC what its process has used, and counts what its handlers say.
 * With the same file in all of them, no contender measures itself more cheaply than another.
 */
import { parentPort as inThread } from 'node:worker_threads';

/** What a contender's process is asked, or told. */
export type ProbeQuestion =
  | { readonly ask: 'usage' | 'started' | 'count' | 'go' }
  | { readonly ask: 'fill'; readonly count: number };

/** CPU since its start in microseconds, memory, and what its handlers began since the last time. */
export interface ProbeAnswer {
  readonly kind: 'probe';
  readonly id: number;
  readonly cpuMicros: number;
  readonly rss: number;
  /** How many handlers began, ever. */
  readonly count: number;
  /** Those since the last time: their events, and the machine's monotonic clock in milliseconds. */
  readonly ids: readonly string[];
  readonly at: Float64Array;
}

declare global {
  /** Called by the handlers of every contender with the event's id. */
  var benchStarted: ((id: string) => void) | undefined;
  /** Set by a contender that is told when to begin. */
  var benchGo: (() => Promise<void>) | undefined;
  /** Set by one whose work nobody else can make ready: makes so many jobs. */
  var benchFill: ((count: number) => Promise<void>) | undefined;
}

let count = 0;
let ids: string[] = [];
let at: number[] = [];

if (inThread === null) {
  globalThis.benchStarted = (id) => {
    count += 1;
    ids.push(id);
    at.push(Number(process.hrtime.bigint()) / 1e6);
  };
  process.on('message', (message: unknown) => {
    const question = questionOf(message);
    if (question === undefined) return;
    obey(question)
      .then(() => process.send?.(answer(question)))
      .catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  });
}

async function obey(question: ProbeQuestion): Promise<void> {
  if (question.ask === 'go') await globalThis.benchGo?.();
  if (question.ask === 'fill') await globalThis.benchFill?.(question.count);
}

function answer({ id, ask }: Asked): ProbeAnswer {
  // Asked all the time while a round lasts: the rest was 5 % of a worker's CPU time.
  if (ask === 'count')
    return { kind: 'probe', id, cpuMicros: 0, rss: 0, count, ids: [], at: new Float64Array() };
  const { user, system } = process.cpuUsage();
  const own = { cpuMicros: user + system, rss: process.memoryUsage.rss(), count };
  if (ask !== 'started') return { kind: 'probe', id, ...own, ids: [], at: new Float64Array() };
  const taken = { ids, at: Float64Array.from(at) };
  [ids, at] = [[], []];
  return { kind: 'probe', id, ...own, ...taken };
}

type Asked = ProbeQuestion & { readonly id: number };

function questionOf(message: unknown): Asked | undefined {
  if (typeof message !== 'object' || message === null || !('probe' in message)) return undefined;
  return message.probe as Asked;
}
