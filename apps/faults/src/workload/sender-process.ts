import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Mix } from './workload.ts';

/** What the sender's process is told. */
export type SenderOrder =
  | {
      readonly kind: 'start';
      readonly seed: number;
      readonly count: number;
      readonly mix: Mix;
      readonly receivers: readonly string[];
      readonly folder: string;
      /** Events a second. */
      readonly rate: number;
      /** The share of acknowledged events that come a second time, later. */
      readonly copies: number;
    }
  | { readonly kind: 'rate'; readonly rate: number }
  /** Resend what has no 2xx, then end. */
  | { readonly kind: 'finish' };

export type SenderReport =
  | { readonly kind: 'progress'; readonly sent: number; readonly open: number }
  | { readonly kind: 'sent' }
  | { readonly kind: 'done'; readonly unacknowledged: number };

export interface Sender {
  /** How many events have been posted for the first time. */
  readonly sent: number;
  setRate(rate: number): void;
  /** Resolves when every event was posted once. */
  readonly allSent: Promise<void>;
  /** Resends until everything has a 2xx. @returns how many never got one */
  finish(): Promise<number>;
  kill(): void;
}

export function startSender(plan: Omit<Extract<SenderOrder, { kind: 'start' }>, 'kind'>): Sender {
  const child = fork(fileURLToPath(new URL('sender.js', import.meta.url)), {
    stdio: 'inherit',
    execArgv: [],
  });
  const allSent = later<void>();
  const done = later<number>();
  let sent = 0;
  child.on('message', (report: SenderReport) => {
    switch (report.kind) {
      case 'progress':
        sent = report.sent;
        break;
      case 'sent':
        allSent.resolve();
        break;
      case 'done':
        done.resolve(report.unacknowledged);
        break;
    }
  });
  child.once('exit', (code) => {
    const error = new Error(`the sender ended early (exit code ${code})`);
    allSent.reject(error);
    done.reject(error);
  });
  for (const { promise } of [allSent, done]) promise.catch(() => undefined);
  const order = (message: SenderOrder): void => void child.send(message);
  order({ kind: 'start', ...plan });
  return {
    get sent() {
      return sent;
    },
    setRate: (rate) => order({ kind: 'rate', rate }),
    allSent: allSent.promise,
    async finish() {
      await allSent.promise;
      order({ kind: 'finish' });
      const left = await done.promise;
      child.kill('SIGKILL');
      return left;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** A promise to be settled from outside: `Promise.withResolvers` came with Node 22. */
function later<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}
