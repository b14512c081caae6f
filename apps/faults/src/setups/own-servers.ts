import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { FaultyRedis } from '../fleet/faulty-redis.ts';
import { startRedis, type StandaloneRedis } from '../fleet/redis-server.ts';
import { openProxies, type Proxies } from '../injectors/proxies.ts';
import { ONE, SEVERAL, type OpenSetup, type Setup, type Succession } from './setup.ts';

/** One server, with one partition or four. */
export async function openOneServer(options: OpenSetup, partitions: 'one' | 'several'): Promise<Setup> {
  const first = await startServer(options, 'redis');
  const proxies = options.throughProxy ? openProxies() : undefined;
  const port = (await proxies?.inFrontOf(first.port)) ?? first.port;
  const { prefixes, env } = partitions === 'one' ? ONE : SEVERAL;
  let leader = first;
  return {
    prefixes,
    env: { ...env, REDIS_URL: `redis://127.0.0.1:${port}` },
    get servers() {
      return [leader];
    },
    proxies,
    masterOf: async () => leader,
    succession:
      proxies &&
      successionByHand({
        leader: () => leader,
        lead(next) {
          leader = next;
          // Clients still reach the former one until somebody tells them: that is what the proxy is for.
          proxies.of(first).retarget(next.port);
          proxies.cut();
        },
      }),
    takesOver: false,
    settled: async () => undefined,
    async stop() {
      await Promise.all([first.stop(), proxies?.stop()]);
    },
  };
}

const SERVERS = 2;

/** Two servers that know nothing of each other, with two partitions each. */
export async function openSeveralServers(options: OpenSetup): Promise<Setup> {
  const servers: StandaloneRedis[] = [];
  const proxies: Proxies | undefined = options.throughProxy ? openProxies() : undefined;
  const ports: number[] = [];
  for (let index = 0; index < SERVERS; index += 1) {
    const server = await startServer(options, `redis-${index}`);
    servers.push(server);
    ports.push((await proxies?.inFrontOf(server.port)) ?? server.port);
  }
  return {
    prefixes: SEVERAL.prefixes,
    env: { ...SEVERAL.env, REDIS_URLS: ports.map((port) => `redis://127.0.0.1:${port}`).join() },
    servers,
    proxies,
    async masterOf(partition): Promise<FaultyRedis> {
      const server = servers[partition % SERVERS];
      if (server === undefined) throw new RangeError(`no server has partition ${partition}`);
      return server;
    },
    succession: undefined,
    takesOver: false,
    settled: async () => undefined,
    async stop() {
      await Promise.all([...servers.map((server) => server.stop()), proxies?.stop()]);
    },
  };
}

function startServer({ folder, env, config }: OpenSetup, name: string): Promise<StandaloneRedis> {
  return startRedis({ dir: join(folder, name), env, config });
}

/** Until an operator has noticed, and told the clients. */
const BY_HAND_MS = 700;

/** A primary and its replica, and nobody who watches them: what a Sentinel would do is done here. */
function successionByHand({
  leader,
  lead,
}: {
  readonly leader: () => StandaloneRedis;
  readonly lead: (next: StandaloneRedis) => void;
}): Succession {
  let replica: StandaloneRedis | undefined;

  async function follower(): Promise<StandaloneRedis> {
    return (replica ??= await leader().addReplica());
  }

  return {
    async handOver() {
      await follower();
      const former = leader();
      const next = await former.failover();
      await wait(BY_HAND_MS);
      replica = former;
      lead(next);
    },
    async takenOver() {
      const next = await follower();
      await wait(BY_HAND_MS);
      await next.command('REPLICAOF', 'NO', 'ONE');
      replica = undefined;
      lead(next);
    },
    async whole() {
      await follower();
    },
  };
}
