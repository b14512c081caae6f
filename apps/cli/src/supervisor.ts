import { explain } from '@hookline/core';
import type { ReadyMessage } from '@hookline/process';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** A process that the supervisor keeps running. */
export interface Service {
  readonly name: string;
  /** The compiled program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface SupervisorOptions {
  /** Told each line that a service writes. */
  readonly onLine: (name: string, line: string) => void;
  /** Told what the supervisor itself has to say. */
  readonly say: (message: string) => void;
  /** Asks for the end while a service starts: it is stopped, and `supervise` rejects. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two words on what is still waited for. Default 5 s. */
  readonly patience?: number;
}

/** One kept process. */
export interface Supervised {
  readonly name: string;
  readonly pid: number | undefined;
  /** Where it can be reached, as it last said. */
  readonly urls: Readonly<Record<string, string>>;
  /** Asks it to stop and starts it again at once. One that is being started again anyway is left to that. */
  restart(): void;
  /** Asks it to stop, waits `patience` ms, then kills it. */
  stop(patience: number): Promise<void>;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

const WAITING_MS = 5_000;
/** For one that is told to stop while it starts: it has nothing to finish. */
const START_STOP_MS = 3_000;
const FIRST_BACKOFF_MS = 500;
const BACKOFF_CAP_MS = 30_000;
/** A process that ran this long has recovered: its next death starts at the first back-off again. */
const HEALTHY_MS = 30_000;

/**
 * Starts a service and waits until it is ready. From then on one that dies is started again, later each time.
 * Services run in process groups of their own: the terminal's Ctrl-C reaches the supervisor only, which stops
 * them in order. If the supervisor itself is killed, the closed IPC channel tells them to stop.
 * @throws Error when it ends before it was ever ready: it has said why
 */
export async function supervise(service: Service, options: SupervisorOptions): Promise<Supervised> {
  const { onLine, say } = options;
  const { name } = service;
  let urls: Readonly<Record<string, string>> = {};
  let stopping = false;
  let restarting = false;
  let failures = 0;
  let child: ChildProcess;
  const onStop = new AbortController();

  const launch = () => launchService(service, onLine, (told) => (urls = told));

  function keep(started: ChildProcess): void {
    const startedAt = Date.now();
    started.once('exit', (code, signal) => goOn(signal ?? `exit code ${code}`));
    // One that could not even be spawned (too many processes, no memory) has no exit.
    started.once('error', (error) => {
      if (started.pid === undefined) goOn(explain(error));
    });

    function goOn(cause: string): void {
      if (stopping) return;
      if (restarting) {
        say(`starting the ${name} again`);
        relaunch();
        return;
      }
      failures = Date.now() - startedAt > HEALTHY_MS ? 1 : failures + 1;
      const delay = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), BACKOFF_CAP_MS);
      say(`the ${name} died (${cause}); starting it again in ${delay / 1000} s`);
      wait(delay, undefined, { signal: onStop.signal }).then(relaunch, () => undefined);
    }
  }

  function relaunch(): void {
    restarting = false;
    ({ child } = launch());
    keep(child);
  }

  const first = launch();
  ({ child } = first);
  await firstReady(name, first, options);
  keep(child);

  return {
    name,
    get pid() {
      return child.pid;
    },
    get urls() {
      return urls;
    },
    restart() {
      restarting = child.kill('SIGTERM');
    },
    kill() {
      stopping = true;
      onStop.abort();
      child.kill('SIGKILL');
    },
    async stop(patience) {
      stopping = true;
      onStop.abort();
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<boolean>((resolve) => child.once('exit', () => resolve(true)));
      child.kill('SIGTERM');
      if (await Promise.race([ended, wait(patience, false, { ref: false })])) return;
      say(`the ${name} did not stop within ${patience / 1000} s; killing it`);
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Waits for a service that starts, says so now and then, and stops it when that is asked for. */
async function firstReady(
  name: string,
  { child, ready }: { readonly child: ChildProcess; readonly ready: Promise<void> },
  { say, signal, patience = WAITING_MS }: SupervisorOptions,
): Promise<void> {
  const began = Date.now();
  const waiting = setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1_000);
    say(`still waiting for the ${name} to be ready (${seconds} s by now); Ctrl-C stops everything`);
  }, patience);
  let overdue: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    overdue = setTimeout(() => child.kill('SIGKILL'), START_STOP_MS);
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  try {
    await ready;
    // It became ready in the moment in which it was told to stop: it does, and nobody is to keep it.
    if (signal?.aborted === true) throw new Error(`the ${name} was told to stop while it started`);
  } finally {
    clearInterval(waiting);
    clearTimeout(overdue);
    signal?.removeEventListener('abort', stop);
  }
}

function launchService(
  { name, program, env }: Service,
  onLine: SupervisorOptions['onLine'],
  onReady: (urls: Readonly<Record<string, string>>) => void,
): { child: ChildProcess; ready: Promise<void> } {
  const child = spawn(process.execPath, ['--enable-source-maps', program], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => onLine(name, line));
  }
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      if (!isReady(message)) return;
      onReady(message.urls);
      resolve();
    });
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      reject(new Error(`the ${name} ended (${signal ?? `exit code ${code}`}) before it was ready`)),
    );
  });
  ready.catch(() => undefined);
  return { child, ready };
}

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready';
}
