import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { RedisServer } from '@hookline/local-redis';
import { guard, type GuardedProcess } from './guarded-process.ts';
import { redisInfo } from './redis-command.ts';

const START_PATIENCE_MS = 60_000;
const POLL_MS = 20;

export interface RedisPlace {
  readonly server: RedisServer;
  readonly dir: string;
  readonly port: number;
  readonly config: Readonly<Record<string, string>>;
}

/** As durable as Redis gets; no snapshots and no rewrites, so that all there is is in one file that can be damaged. */
const CONFIG = {
  bind: '127.0.0.1',
  appendonly: 'yes',
  appendfsync: 'always',
  'aof-load-truncated': 'yes',
  'auto-aof-rewrite-percentage': '0',
  save: '""',
  'maxmemory-policy': 'noeviction',
  'enable-debug-command': 'local',
  'repl-diskless-load': 'on-empty-db',
  'repl-diskless-sync-delay': '0',
} as const;

/**
 * Starts the server and waits until it answers, be it that it is loading.
 * @param extra options for this start alone, by name
 * @throws Error with the end of its log
 */
export async function spawnRedis(
  { server, dir, port, config }: RedisPlace,
  extra: Readonly<Record<string, string>>,
): Promise<GuardedProcess> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'redis.conf');
  const lines = { ...CONFIG, ...config, ...extra, port: String(port), dir: `"${dir}"` };
  writeFileSync(
    file,
    Object.entries(lines)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  const logFile = join(dir, 'redis.log');
  const log = openSync(logFile, 'a');
  // A write beyond the file size limit shall be an error, as a full disk is, not the signal that ends a process.
  const child = spawn('/bin/sh', ['-c', 'trap "" XFSZ; exec "$@"', 'sh', server.path, file], {
    env: { ...server.env },
    cwd: dir,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const started = await guard(child, `Redis on port ${port}`);
  try {
    await answers(port, started);
    return started;
  } catch (error) {
    await started.kill('SIGKILL');
    const end = readFileSync(logFile, 'utf8').trim().split('\n').slice(-8).join('\n');
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${end}`, { cause: error });
  }
}

/** INFO is answered while it loads, too. Somebody else's server on the port must not be taken for ours. */
async function answers(port: number, started: GuardedProcess): Promise<void> {
  const deadline = performance.now() + START_PATIENCE_MS;
  for (;;) {
    const pid = await redisInfo(port, 'server', 'process_id').catch(() => undefined);
    if (pid === String(started.pid)) return;
    if (pid !== undefined)
      throw new Error(`port ${port} is held by another Redis (process ${pid}, not ${started.pid})`);
    if (!started.alive) throw new Error(`Redis on port ${port} ended when it was started`);
    if (performance.now() > deadline)
      throw new Error(`Redis on port ${port} does not answer after ${START_PATIENCE_MS} ms`);
    await wait(POLL_MS);
  }
}
