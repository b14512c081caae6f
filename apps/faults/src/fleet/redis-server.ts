import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findRedisServer, freePort, type Environment } from '@hookline/local-redis';
import { flipByte, newestAofFile, tearTail } from '../injectors/aof-damage.ts';
import { limitFileSize } from '../injectors/disk-limit.ts';
import { redisCommand, redisInfo } from './redis-command.ts';
import { spawnRedis, type RedisPlace } from './redis-process.ts';

export interface StartRedis {
  /** Where its data, configuration and log are; made if need be. */
  readonly dir: string;
  /** PATH and the like, to find the server by. */
  readonly env: Environment;
  /** Added to, or put in the place of, its own lines of configuration: `{ appendfsync: 'everysec' }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A Redis server of our own, with everything that can be done to one. Its port stays the same over restarts. */
export interface FaultyRedis {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly alive: boolean;
  readonly version: string;
  /** Sends a signal, SIGKILL unless given, and waits for its end when that signal ends a process. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same data (kills it first if it runs) and waits until it answers, with LOADING at least. */
  restart(): Promise<void>;
  /** Waits until it has loaded its data. */
  loaded(): Promise<void>;
  /** Resolves when its process has ended, for whatever reason; at once when it is not running. */
  ended(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** DEBUG SLEEP on a connection of its own; returns at once. */
  sleepFor(seconds: number): void;
  /** CLIENT PAUSE. */
  pauseClients(ms: number, which: 'ALL' | 'WRITE'): Promise<void>;
  /** Bytes, or what it uses now and a megabyte more; 0 for no limit. @returns the limit in bytes */
  setMaxMemory(limit: number | 'used+1mb'): Promise<number>;
  /** Cuts every client's connection, once. @returns how many */
  killClients(): Promise<number>;
  /**
   * Its AOF may grow by this many bytes, then writes fail. With `appendfsync always` Redis exits upon that
   * (`ended()`), with `everysec` it refuses writes until `freeDisk()`.
   */
  limitDisk(extraBytes: number): Promise<void>;
  freeDisk(): Promise<void>;
  /** Appends a command that is not finished to its newest AOF file. @throws Error while the server lives */
  tearTail(): void;
  /** Flips one bit of the byte `offset` (0) bytes into the first `marker` in its AOF files. @throws Error while the server lives */
  flipByteIn(marker: Buffer, offset?: number): void;
  /**
   * From the next restart on, loading takes this long for each command in the AOF; 0 ends that. Redis only answers
   * LOADING between every 1024 of them.
   */
  slowLoading(microsecondsPerKey: number): void;
  /** A second server that follows this one, in sync. `stop()` of this one ends it, too. */
  addReplica(): Promise<FaultyRedis>;
  /** Makes the replica the primary, in order, and this one its replica, also after restarts. @returns the new primary */
  failover(): Promise<FaultyRedis>;
  /** Any command, on a connection of its own. @throws Error when there is no answer within 2 s, at once when it is frozen */
  command(name: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>;
  /** Ends it and its replicas for sure. */
  stop(): Promise<void>;
}

const SYNC_PATIENCE_MS = 30_000;
const POLL_MS = 20;
const MEGABYTE = 1024 * 1024;

/** Starts a Redis 7 or later on a free port. @throws Error when there is none to be had, or it does not start */
export async function startRedis({ dir, env, config = {} }: StartRedis): Promise<FaultyRedis> {
  const folder = resolve(dir);
  const server = await findRedisServer({ dataDir: folder, env, onProgress: () => undefined });
  if (Number.parseInt(server.version, 10) < 7)
    throw new Error(`${server.path} is ${server.version}: the fault harness needs Redis 7.0 or later`);
  return (await open({ server, dir: folder, port: await freePort(), config })).redis;
}

/** A server, and what another one of ours has to tell it. */
interface Handle {
  readonly redis: FaultyRedis;
  /** From the next start on it follows the server on that port. */
  follow(port: number | undefined): void;
  leads(replica: Handle | undefined): void;
}

async function open(place: RedisPlace, primaryPort?: number): Promise<Handle> {
  const { server, dir, port } = place;
  let follows = primaryPort;
  let loadDelay = 0;
  let replica: Handle | undefined;
  const started: FaultyRedis[] = [];
  let running = await start();

  function start() {
    return spawnRedis(place, {
      ...(follows === undefined ? {} : { replicaof: `127.0.0.1 ${follows}` }),
      ...(loadDelay === 0
        ? {}
        : { 'key-load-delay': String(loadDelay), 'loading-process-events-interval-bytes': '1024' }),
    });
  }

  function mustAnswer(): void {
    if (!running.alive) throw new Error(`Redis on port ${port} is dead: restart() it first`);
    if (running.frozen) throw new Error(`Redis on port ${port} is frozen: thaw() it first`);
  }

  function mustBeDead(): void {
    if (running.alive) throw new Error(`Redis on port ${port} runs: its files are damaged while it is dead`);
  }

  async function command(name: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown> {
    mustAnswer();
    return redisCommand({ port, name, args });
  }

  async function saysOf(section: string, field: string): Promise<string> {
    mustAnswer();
    return redisInfo(port, section, field);
  }

  const redis: FaultyRedis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    version: server.version,
    get pid() {
      return running.pid;
    },
    get alive() {
      return running.alive;
    },
    kill: (signal = 'SIGKILL') => running.kill(signal),
    async restart() {
      await running.kill('SIGKILL');
      running = await start();
    },
    async loaded() {
      mustAnswer();
      const loading = () => saysOf('persistence', 'loading');
      await until(`Redis on port ${port} has loaded`, async () => (await loading()) === '0');
    },
    ended: async () => void (await running.ended),
    freeze: () => running.freeze(),
    thaw: () => running.thaw(),
    sleepFor(seconds) {
      mustAnswer();
      const patience = seconds * 1_000 + SYNC_PATIENCE_MS;
      // Whoever kills it meanwhile ends this connection, too: nobody waits for the answer.
      redisCommand({ port, name: 'debug', args: ['sleep', seconds], patience }).catch(() => undefined);
    },
    async pauseClients(ms, which) {
      await command('client', 'pause', ms, which);
    },
    async setMaxMemory(limit) {
      const bytes = limit === 'used+1mb' ? Number(await saysOf('memory', 'used_memory')) + MEGABYTE : limit;
      await command('config', 'set', 'maxmemory', bytes);
      return bytes;
    },
    killClients: async () => Number(await command('client', 'kill', 'type', 'normal')),
    limitDisk: (extraBytes) => limitFileSize(running.pid, statSync(newestAofFile(dir)).size + extraBytes),
    freeDisk: () => limitFileSize(running.pid, undefined),
    tearTail() {
      mustBeDead();
      tearTail(dir);
    },
    flipByteIn(marker, offset = 0) {
      mustBeDead();
      flipByte(dir, marker, offset);
    },
    slowLoading(microsecondsPerKey) {
      loadDelay = microsecondsPerKey;
    },
    async addReplica() {
      const own = { ...place, dir: join(dir, 'replica'), port: await freePort() };
      replica = await open(own, port);
      started.push(replica.redis);
      await inSync(replica.redis.port);
      return replica.redis;
    },
    async failover() {
      if (replica === undefined)
        throw new Error(`Redis on port ${port} leads no replica: addReplica() first`);
      const next = replica;
      const seen = () => saysOf('replication', 'slave0');
      await until(`Redis on port ${port} has its replica`, async () =>
        (await seen()).includes('state=online'),
      );
      await command('failover', 'to', '127.0.0.1', next.redis.port);
      follows = next.redis.port;
      replica = undefined;
      next.follow(undefined);
      next.leads(handle);
      await inSync(port);
      return next.redis;
    },
    command,
    async stop() {
      await Promise.all([running.kill('SIGKILL'), ...started.map((other) => other.stop())]);
    },
  };

  const handle: Handle = {
    redis,
    follow(primary) {
      follows = primary;
    },
    leads(other) {
      replica = other;
    },
  };
  return handle;
}

/** Waits until the server on this port is a replica that has all of its primary's data. */
function inSync(port: number): Promise<void> {
  return until(
    `Redis on port ${port} follows its primary`,
    async () => (await redisInfo(port, 'replication', 'master_link_status')) === 'up',
  );
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SYNC_PATIENCE_MS;
  // A primary has no link to anybody, and a server that is busy does not answer: both pass.
  while (!(await check().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not within ${SYNC_PATIENCE_MS} ms: ${what}`);
    await wait(POLL_MS);
  }
}
