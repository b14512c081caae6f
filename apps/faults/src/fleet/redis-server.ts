import { join, resolve } from 'node:path';
import { findRedisServer, freePort, type Environment } from '@hookline/local-redis';
import { faultsOf, until, type FaultyRedis, type ServerProcess } from './faulty-redis.ts';
import { redisInfo } from './redis-command.ts';
import { spawnRedis, type RedisPlace } from './redis-process.ts';

export interface StartRedis {
  /** Where its data, configuration and log are; made if need be. */
  readonly dir: string;
  /** PATH and the like, to find the server by. */
  readonly env: Environment;
  /** Added to, or put in the place of, its own lines of configuration: `{ appendfsync: 'everysec' }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A server that nobody watches: another one takes its place when we make it. */
export interface StandaloneRedis extends FaultyRedis {
  /** A second server that follows this one, in sync. `stop()` of this one ends it, too. */
  addReplica(): Promise<StandaloneRedis>;
  /** Makes the replica the primary, in order, and this one its replica, also after restarts. @returns the new primary */
  failover(): Promise<StandaloneRedis>;
  /** Ends it and its replicas for sure. */
  stop(): Promise<void>;
}

/** Starts a Redis 7 or later on a free port. @throws Error when there is none to be had, or it does not start */
export async function startRedis({ dir, env, config = {} }: StartRedis): Promise<StandaloneRedis> {
  const folder = resolve(dir);
  const server = await findRedisServer({ dataDir: folder, env, onProgress: () => undefined });
  if (Number.parseInt(server.version, 10) < 7)
    throw new Error(`${server.path} is ${server.version}: the fault harness needs Redis 7.0 or later`);
  return (await open({ server, dir: folder, port: await freePort(), config })).redis;
}

/** A server, and what another one of ours has to tell it. */
interface Handle {
  readonly redis: StandaloneRedis;
  /** From the next start on it follows the server on that port. */
  follow(port: number | undefined): void;
  leads(replica: Handle | undefined): void;
}

async function open(place: RedisPlace, primaryPort?: number): Promise<Handle> {
  const { dir, port } = place;
  let follows = primaryPort;
  let replica: Handle | undefined;
  const started: StandaloneRedis[] = [];
  let running = await start({});

  function start(options: Readonly<Record<string, string>>) {
    const leader = follows === undefined ? {} : { replicaof: `127.0.0.1 ${follows}` };
    return spawnRedis(place, { ...leader, ...options });
  }

  const server: ServerProcess = {
    port,
    dir,
    get pid() {
      return running.pid;
    },
    get alive() {
      return running.alive;
    },
    get frozen() {
      return running.frozen;
    },
    kill: (signal) => running.kill(signal),
    ended: async () => void (await running.ended),
    freeze: () => running.freeze(),
    thaw: () => running.thaw(),
    async restart(options) {
      await running.kill('SIGKILL');
      running = await start(options);
    },
  };
  const faults = faultsOf(server);

  async function addReplica(): Promise<StandaloneRedis> {
    replica = await open({ ...place, dir: join(dir, 'replica'), port: await freePort() }, port);
    started.push(replica.redis);
    await inSync(replica.redis.port);
    return replica.redis;
  }

  async function failover(): Promise<StandaloneRedis> {
    if (replica === undefined) throw new Error(`Redis on port ${port} leads no replica: addReplica() first`);
    const next = replica;
    await until(`Redis on port ${port} has its replica`, async () =>
      (await redisInfo(port, 'replication', 'slave0')).includes('state=online'),
    );
    await faults.command('failover', 'to', '127.0.0.1', next.redis.port);
    follows = next.redis.port;
    replica = undefined;
    next.follow(undefined);
    next.leads(handle);
    await inSync(port);
    return next.redis;
  }

  async function stop(): Promise<void> {
    await Promise.all([running.kill('SIGKILL'), ...started.map((other) => other.stop())]);
  }

  // Its getters tell of the process that runs by then: a spread would keep what they said.
  const redis = Object.assign(faults, { addReplica, failover, stop });
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
