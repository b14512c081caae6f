import { explain, type Logger } from '@hookline/core';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from './config-error.ts';
import { readEnvironment, type Environment } from './environment.ts';

/** What a started process tells the supervisor that started it. */
export interface ReadyMessage {
  readonly kind: 'ready';
  readonly urls: Readonly<Record<string, string>>;
}

/** A process that runs: what it offers, and how it stops. */
export interface Running {
  readonly urls: Readonly<Record<string, string>>;
  readonly log: Logger;
  /**
   * Ends everything within `deadline` milliseconds.
   * @param why `crashed` after an error that nobody caught: what still runs then may be what threw it
   */
  stop(deadline: number, why: StopCause): Promise<void>;
}

export type StopCause = 'asked' | 'crashed';

export interface RunOptions {
  /** Milliseconds that stopping may take; `STOP_DEADLINE_MS` unless given. */
  readonly stopDeadline?: number;
}

/** Milliseconds from the first SIGTERM to the end. A supervisor has to wait a little longer before it kills. */
export const STOP_DEADLINE_MS = 25_000;
/** The same after a crash: others get to finish, but a broken process must not linger. */
const CRASH_DEADLINE_MS = 5_000;
/** Milliseconds after the deadline in which a stop that kept to it may still say so. */
const DEADLINE_GRACE_MS = 1_000;
const PARENT_CHECK_MS = 1_000;

/**
 * Starts a process and keeps it until it is told to stop: by SIGTERM or SIGINT, by the end of its terminal (SIGHUP)
 * or of the supervisor that started it. Then it stops in order and exits with 0; a second signal, or the deadline,
 * ends it with 1. Settings that cannot be used, and what nobody caught, end it with 1 as well.
 * @param processEnv the process's own environment
 * @param start is given that environment over what was generated for development
 */
export async function runProcess(
  processEnv: Environment,
  start: (env: Environment) => Promise<Running>,
  { stopDeadline = STOP_DEADLINE_MS }: RunOptions = {},
): Promise<void> {
  // Whoever read our log may be gone: a failed write is nothing that could be reported, and no reason to die.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let running: Running | undefined;
  let exitCode = 0;
  let stopping = false;

  async function stop(cause: string, code: number, why: StopCause = 'asked'): Promise<void> {
    exitCode = Math.max(exitCode, code);
    if (running === undefined) process.exit(exitCode);
    if (stopping) return;
    stopping = true;
    const { log } = running;
    log.info('stopping', { cause });
    const deadline = why === 'crashed' ? Math.min(CRASH_DEADLINE_MS, stopDeadline) : stopDeadline;
    const overdue = wait(deadline + DEADLINE_GRACE_MS, 'overdue' as const);
    try {
      if ((await Promise.race([running.stop(deadline, why), overdue])) === 'overdue')
        throw new Error(`it did not end within its deadline of ${deadline} ms`);
    } catch (error) {
      exitCode = 1;
      log.error('could not stop cleanly', { error });
    }
    process.exit(exitCode);
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) {
        running?.log.warn('a second signal: ending at once', { cause: signal });
        process.exit(1);
      }
      void stop(signal, 0);
    });
  }
  onceOrphaned(processEnv, () => void stop('the process that started this one is gone', 0));
  try {
    running = await start(readEnvironment(processEnv));
  } catch (error) {
    return exitWith(error);
  }

  const { log, urls } = running;
  process.on('uncaughtException', (error) => {
    log.error('an error that nobody caught', { error });
    void stop('uncaught error', 1, 'crashed');
  });
  process.on('unhandledRejection', (error) => {
    log.error('a rejection that nobody handled', { error });
    void stop('unhandled rejection', 1, 'crashed');
  });
  // A supervisor that died just now is noticed by its closed channel; not being able to tell it is no error.
  process.send?.({ kind: 'ready', urls } satisfies ReadyMessage, undefined, undefined, () => undefined);
}

/**
 * A supervisor's death closes the IPC channel. `npm run` has none, and passes no SIGTERM on through its shell:
 * under npm, a new parent means that npm was ended, and this process with it.
 */
function onceOrphaned(processEnv: Environment, stop: () => void): void {
  process.once('disconnect', stop);
  if (processEnv['npm_lifecycle_event'] === undefined || process.send !== undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS).unref();
}

/** They say what to do; where they were thrown helps nobody. */
const EXPECTED: readonly string[] = ['RegistryError', 'UnfitServerError'];

/** A stack has no causes, and of an `AggregateError` no words at all. */
function withStack(error: unknown): string {
  const [text, stack] = [explain(error), error instanceof Error ? error.stack : undefined];
  return stack === undefined || stack.includes(text) ? (stack ?? text) : `${text}\n${stack}`;
}

function exitWith(error: unknown): void {
  const isExpected =
    error instanceof ConfigError || (error instanceof Error && EXPECTED.includes(error.name));
  process.stderr.write(`${isExpected ? error.message : withStack(error)}\n`);
  process.exit(1);
}
