import { performance } from 'node:perf_hooks';
import { HttpConnection, type Answered } from './http-connection.ts';
import type { RequestBytes } from './requests.ts';

/** What requests came to. Times are of the machine's monotonic clock, in milliseconds. */
export interface LoadResult {
  /** How often each status came; `broken` for connections that ended before. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly answered: number;
  /** From the first request to the last answer. */
  readonly elapsed: number;
  /** Of each request from when it was due to its answer, in the order of the answers. */
  readonly latencies: Float64Array;
  /** When each was answered, by its place in the list; NaN for those that were not sent. */
  readonly answeredAt: Float64Array;
  /** Most requests that waited for a free connection. */
  readonly queued: number;
}

export interface LoadTarget {
  readonly port: number;
  readonly connections: number;
}

const CLOCK_OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now();
/** Answers that are not there so long after the last request will not come. */
const ANSWER_PATIENCE_MS = 10_000;

class Tally {
  readonly #statuses = new Map<Answered, number>();
  readonly #latencies: Float64Array;
  readonly #answeredAt: Float64Array;
  readonly #begin = performance.now();
  answered = 0;
  queued = 0;

  constructor(count: number) {
    this.#latencies = new Float64Array(count);
    this.#answeredAt = new Float64Array(count).fill(Number.NaN);
  }

  /** @param due when it was to be sent */
  add(at: number, due: number, status: Answered): void {
    const now = performance.now();
    this.#latencies[this.answered] = now - due;
    this.#answeredAt[at] = now + CLOCK_OFFSET;
    this.answered += 1;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }

  result(sent: number): LoadResult {
    const missing = sent - this.answered;
    return {
      statuses: {
        ...Object.fromEntries(this.#statuses),
        ...(missing > 0 && { 'no answer': missing }),
      },
      answered: this.answered,
      elapsed: performance.now() - this.#begin,
      latencies: this.#latencies.slice(0, this.answered),
      answeredAt: this.#answeredAt.slice(0, sent),
      queued: this.queued,
    };
  }
}

/**
 * Closed loop: each connection sends the next request when it has its answer.
 * @param milliseconds after which nothing more is sent; sooner when there are no more requests
 */
export async function saturate(
  { port, connections }: LoadTarget,
  requests: readonly RequestBytes[],
  milliseconds: number,
): Promise<LoadResult> {
  const tally = new Tally(requests.length);
  const deadline = performance.now() + milliseconds;
  let next = 0;
  const run = (connection: HttpConnection) =>
    new Promise<void>((resolve) => {
      const step = () => {
        const begin = performance.now();
        const request = requests[next];
        if (request === undefined || begin >= deadline) return resolve();
        const at = next++;
        connection.send(request, (status) => {
          tally.add(at, begin, status);
          step();
        });
      };
      step();
    });
  const all = Array.from({ length: connections }, () => new HttpConnection(port));
  await inTime(Promise.all(all.map(run)), milliseconds);
  for (const connection of all) connection.close();
  return tally.result(next);
}

/**
 * Open loop: requests are due at a rate, whatever becomes of those before; who finds no free connection waits, and
 * his time counts from when he was due.
 * @param rates requests for each second, and for how many milliseconds, one after the other
 */
export async function pace(
  { port, connections }: LoadTarget,
  requests: readonly RequestBytes[],
  rates: readonly { readonly perSecond: number; readonly milliseconds: number }[],
): Promise<LoadResult> {
  const tally = new Tally(requests.length);
  const all = Array.from({ length: connections }, () => new HttpConnection(port));
  const free = [...all];
  const queue: { readonly at: number; readonly due: number }[] = [];
  let first = 0;
  let next = 0;
  let done: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (done = resolve));
  let isOver = false;

  const flush = () => {
    while (first < queue.length && free.length > 0) {
      const connection = free.pop();
      const { at, due } = queue[first++] ?? { at: 0, due: 0 };
      connection?.send(requests[at] ?? [], (status) => {
        tally.add(at, due, status);
        free.push(connection);
        flush();
        if (isOver && tally.answered === next) done();
      });
    }
    tally.queued = Math.max(tally.queued, queue.length - first);
  };

  for (const { perSecond, milliseconds } of rates) {
    const begin = performance.now();
    const from = next;
    for (let passed = 0; passed < milliseconds && next < requests.length;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const now = performance.now();
      passed = now - begin;
      const due = from + Math.floor((Math.min(passed, milliseconds) * perSecond) / 1000);
      while (next < Math.min(due, requests.length)) queue.push({ at: next++, due: now });
      flush();
    }
  }
  isOver = true;
  if (tally.answered < next) await inTime(finished, 0);
  for (const connection of all) connection.close();
  return tally.result(next);
}

/** What is not there in time is missing in the result. */
async function inTime(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const overdue = new Promise((resolve) => {
    late = setTimeout(resolve, milliseconds + ANSWER_PATIENCE_MS);
  });
  await Promise.race([work, overdue]);
  clearTimeout(late);
}
