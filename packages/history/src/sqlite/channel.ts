import type { History } from '@hookline/core';
import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import { HistoryError, type HistoryProblem } from '../schema/history-error.ts';
import { bufferOf } from '../sql/read-rows.ts';

type Method = keyof History;
type Arguments<Name extends Method> = Parameters<History[Name]>;
type Result<Name extends Method> = Awaited<ReturnType<History[Name]>>;

interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly problem: HistoryProblem | undefined;
}

type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

/** The answer that says that the thread is there, or why not. */
const OPENING = 0;

/** Answers what comes in. No transaction is open while a call waits, so calls may take turns. */
export function serve(port: MessagePort, open: () => History): void {
  let history: History;
  const answer = async (id: number, work: () => unknown): Promise<void> => {
    try {
      port.postMessage({ id, result: await work() } satisfies Answer);
    } catch (error) {
      port.postMessage({ id, failure: failureOf(error) } satisfies Answer);
    }
  };
  void answer(OPENING, () => void (history = open()));
  port.on('message', ({ id, method, args }: Call) => {
    const run = history[method] as (...args: readonly unknown[]) => Promise<unknown>;
    void answer(id, () => run.apply(history, args.map(withBuffers)));
  });
}

/** A history in a thread. */
export class Remote {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #next = OPENING;
  #ended: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#take(answer));
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => this.#end());
  }

  /** Resolves when it is open. @throws HistoryError that says why it is not */
  async opened(): Promise<void> {
    await this.#answer();
  }

  /** @param transfer what needs not be copied: it is gone here afterwards */
  async call<Name extends Method>(
    method: Name,
    args: Arguments<Name>,
    transfer: readonly Transferable[] = [],
  ): Promise<Result<Name>> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = this.#next;
    const answer = this.#answer();
    this.#worker.postMessage({ id, method, args } satisfies Call, transfer);
    return withBuffers(await answer) as Result<Name>;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #answer(): Promise<unknown> {
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('failure' in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.result);
  }

  #end(cause?: unknown): void {
    this.#ended ??= new HistoryError(
      'refused',
      'the history is closed',
      cause === undefined ? {} : { cause },
    );
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

function failureOf(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message, problem: error instanceof HistoryError ? error.problem : undefined };
}

function errorOf({ name, message, problem }: Failure): Error {
  if (problem !== undefined) return new HistoryError(problem, message);
  return name === 'RangeError' ? new RangeError(message) : new Error(message);
}

/** Bytes that were sent are no longer a Buffer, wherever in a value they are. */
function withBuffers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return bufferOf(value);
  if (Array.isArray(value)) return Array.from(value, withBuffers);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withBuffers(each)]));
}
