import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from './find.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { configFile, logFile } from './settings.ts';

const POLL_MS = 200;

/** A running redis-server, our child or one that we found. */
export interface ServerProcess {
  readonly identity: ProcessIdentity;
  /** Settles when it has ended; both are `null` when it was not our child. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends a signal, if it still runs. */
  kill(signal: NodeJS.Signals): void;
  /** The last lines that it has logged since it started. */
  lastLog(): string;
}

/**
 * Starts a server on the redis.conf in `folder`. It gets a session of its own, so that Ctrl-C in a
 * terminal does not end it before those who still write to it.
 * @throws Error when the executable cannot be started
 */
export async function spawnServer(server: RedisServer, folder: string): Promise<ServerProcess> {
  const log = openSync(logFile(folder), 'a', 0o600);
  const logged = statSync(logFile(folder)).size;
  try {
    const child = spawn(server.path, [configFile(folder)], {
      cwd: folder,
      env: { ...server.env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    const ended: ServerProcess['ended'] = new Promise((resolve) =>
      child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new Error(`${server.path} cannot be started: ${error.message}`, { cause: error })),
      );
    });
    const pid = child.pid ?? 0;
    return {
      identity: identify(pid) ?? { pid, started: '' },
      ended,
      kill: (signal) => void child.kill(signal),
      lastLog: () => tail(folder, logged),
    };
  } finally {
    closeSync(log);
  }
}

/** A server that was started by a process which is gone. */
export function foundServer(identity: ProcessIdentity, folder: string): ServerProcess {
  return {
    identity,
    ended: watch(identity),
    kill(signal) {
      if (isAlive(identity)) process.kill(identity.pid, signal);
    },
    lastLog: () => tail(folder, 0),
  };
}

async function watch(identity: ProcessIdentity) {
  while (isAlive(identity)) await sleep(POLL_MS);
  return { code: null, signal: null };
}

/** Without a line that names the password, which Redis prints when it refuses a configuration. */
function tail(folder: string, from: number): string {
  const lines = readFileSync(logFile(folder)).subarray(from).toString().trim().split('\n');
  return lines
    .filter((line) => !line.includes('requirepass'))
    .slice(-6)
    .join('\n');
}
