import { mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeLocalRedis, writeLocalRedis } from './address.ts';
import { findRedisServer, type FindRedisServer } from './find.ts';
import { inspect } from './inspect.ts';
import { takeOwnership, type Ownership } from './ownership.ts';
import { freePort, isFree } from './port.ts';
import { identify, isAlive } from './process-identity.ts';
import { untilReady } from './ready.ts';
import { foundServer, spawnServer, type ServerProcess } from './server-process.ts';
import {
  logFile,
  newPassword,
  readSettings,
  writeSettings,
  type AppendFsync,
  type Settings,
} from './settings.ts';

const STOP_PATIENCE_MS = 5_000;
const LEFTOVER_PATIENCE_MS = 5_000;
const LEFTOVER_ANSWER_MS = 1_000;
const PORT_TRIES = 5;

/** How the server ended; `expected` after `stop()`. Both others are `null` for an adopted one. */
export interface RedisExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly expected: boolean;
}

/** The embedded Redis, running. */
export interface LocalRedis {
  /** `redis://:password@127.0.0.1:port`: never to be logged. */
  readonly url: string;
  readonly pid: number;
  readonly version: string;
  /** Ends it properly, by force after 5 s, and takes `redis.json` away. */
  stop(): Promise<void>;
  /** Settles when it has ended, asked to or not; then it may be started again. Never rejects. */
  readonly exited: Promise<RedisExit>;
}

export interface StartLocalRedis extends FindRedisServer {
  /** A port that it must have; left out, the one of the last start or a free one. */
  readonly port?: number;
  /** `always` unless the data may be lost, as in tests. */
  readonly appendfsync?: AppendFsync;
  /** Is told when it ends, asked to or not. */
  readonly onExit?: (exit: RedisExit) => void;
}

interface Running {
  readonly server: ServerProcess;
  readonly settings: Settings;
  readonly version: string;
}

/**
 * Starts the embedded Redis on the data in `dataDir/redis`, or adopts the one that a killed parent left
 * running there, and publishes `dataDir/redis.json`. Port and password stay the same from start to start;
 * only when another program has taken the port are both replaced, and `onProgress` told.
 * @throws Error naming cause and remedy: no server to be had, port taken, data unreadable, data in use
 */
export async function startLocalRedis(options: StartLocalRedis): Promise<LocalRedis> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(join(dataDir, 'redis'), { recursive: true, mode: 0o700 });
  const folder = realpathSync(join(dataDir, 'redis'));
  const ownership = await takeOwnership(folder);
  try {
    const running = (await adopt(folder, ownership, options)) ?? (await launch(folder, ownership, options));
    return publish(dataDir, running, ownership, options);
  } catch (error) {
    ownership.release();
    throw error;
  }
}

async function adopt(
  folder: string,
  { leftover, record }: Ownership,
  { onProgress }: StartLocalRedis,
): Promise<Running | undefined> {
  const settings = readSettings(folder);
  const deadline = Date.now() + LEFTOVER_PATIENCE_MS;
  for (;;) {
    const occupant = settings && (await inspect(settings.port, settings.password, LEFTOVER_ANSWER_MS));
    const identity = occupant?.kind === 'redis' && occupant.folder === folder && identify(occupant.pid);
    if (settings && identity) {
      onProgress(`using the Redis that an earlier run left behind (process ${identity.pid})`);
      record(identity);
      const server = foundServer(identity, folder);
      const readiness = await untilReady(settings, { pid: identity.pid, ended: server.ended }, onProgress);
      if (readiness.kind === 'ready') return { server, settings, version: readiness.version };
    }
    if (leftover === undefined || !isAlive(leftover)) return undefined;
    if (Date.now() > deadline)
      throw new Error(
        `Redis process ${leftover.pid} of an earlier run still has the data in ${folder} but does not answer. End it with\n  kill -9 ${leftover.pid}\nand run this again.`,
      );
    await sleep(100);
  }
}

async function launch(folder: string, ownership: Ownership, options: StartLocalRedis): Promise<Running> {
  const executable = await findRedisServer(options);
  let settings = await chooseSettings(folder, options);
  for (let attempt = 1; ; attempt++) {
    writeSettings(folder, settings, options.appendfsync ?? 'always');
    const server = await spawnServer(executable, folder);
    ownership.record(server.identity);
    const { pid } = server.identity;
    const readiness = await untilReady(settings, { pid, ended: server.ended }, options.onProgress);
    if (readiness.kind === 'ready') return { server, settings, version: readiness.version };
    server.kill('SIGKILL');
    await server.ended;
    const taken = readiness.kind === 'foreign' || !(await isFree(settings.port));
    if (!taken || attempt === PORT_TRIES) {
      const reason = readiness.kind === 'ended' ? 'it ended at once' : readiness.reason;
      throw new Error(
        `${executable.path} did not start: ${reason}. The end of ${logFile(folder)}:\n${server.lastLog()}`,
      );
    }
    settings = await moveFrom(settings.port, options);
  }
}

async function chooseSettings(folder: string, options: StartLocalRedis): Promise<Settings> {
  const last = readSettings(folder);
  const port = options.port ?? last?.port;
  if (port === undefined) return { port: await freePort(), password: newPassword() };
  if (await isFree(port)) return { port, password: last?.password ?? newPassword() };
  return moveFrom(port, options);
}

/** The password goes with the port: clients that come back to the old one hand theirs to whoever is there now. */
async function moveFrom(port: number, options: StartLocalRedis): Promise<Settings> {
  if (options.port !== undefined)
    throw new Error(
      `Port ${port} for the embedded Redis is taken by another program. Stop that one, or choose another port.`,
    );
  const settings = { port: await freePort(), password: newPassword() };
  options.onProgress(
    `port ${port} of the embedded Redis is taken by another program: it moves to ${settings.port}; restart workers that were started before`,
  );
  return settings;
}

function publish(
  dataDir: string,
  { server, settings, version }: Running,
  ownership: Ownership,
  options: StartLocalRedis,
): LocalRedis {
  const { pid } = server.identity;
  const url = `redis://:${settings.password}@127.0.0.1:${settings.port}`;
  writeLocalRedis(dataDir, { url, pid });
  let stopping: Promise<void> | undefined;
  const exited = server.ended.then((end) => {
    const exit = { ...end, expected: stopping !== undefined };
    ownership.release();
    options.onExit?.(exit);
    return exit;
  });
  const stop = async () => {
    const force = setTimeout(() => server.kill('SIGKILL'), STOP_PATIENCE_MS);
    server.kill('SIGTERM');
    await exited;
    clearTimeout(force);
    removeLocalRedis(dataDir, pid);
  };
  return { url, pid, version, exited, stop: () => (stopping ??= stop()) };
}
