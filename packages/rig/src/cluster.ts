import type { Reply } from '@hookline/local-redis';
import { join } from 'node:path';
import { TEST_CERTIFICATES } from './certificates.ts';
import { eventually } from './eventually.ts';
import { guardedFolder } from './guarded-folder.ts';
import {
  infoOf,
  isInSync,
  quoted,
  startNode,
  textOf,
  type NodeLogin,
  type NodeOptions,
  type NodePorts,
  type RedisNode,
} from './redis-node.ts';

export interface StartCluster extends NodeOptions {
  /** 3 unless told: fewer cannot agree on a failover. */
  readonly masters?: number;
  /** Of each master; 1 unless told. */
  readonly replicasEach?: number;
}

/** A Redis Cluster of a test's own. Masters and replicas change with failovers: ask for them when they are needed. */
export interface RedisCluster {
  readonly target: {
    readonly kind: 'cluster';
    readonly nodes: readonly { readonly host: string; readonly port: number }[];
    readonly login?: NodeLogin;
    readonly tls?: { readonly ca: string };
  };
  /** The settings that name it. */
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: readonly RedisNode[];
  /** Who has the keys with this prefix by now. */
  masterOf(prefix: string): Promise<RedisNode>;
  /** A replica of the one that has them. */
  replicaOf(prefix: string): Promise<RedisNode>;
  /** Has a replica take over from the master of these keys, in order; resolves when it has. */
  failover(prefix: string): Promise<void>;
  /**
   * Moves the slot of these keys to another master, key by key, while they are used.
   * @param pace milliseconds between the parts of the way, so that it lasts
   * @returns the new master
   */
  migrateSlot(prefix: string, pace?: number): Promise<RedisNode>;
  /** Resolves when every slot has a master, and every living node knows it. */
  settled(): Promise<void>;
  /** Ends all of it, frozen or not, and removes its data. Call it in `afterAll` or `finally`. */
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 1_000;
const MIGRATED_AT_ONCE = 10;
/** A failover that was asked for begins by then, or not at all. */
const FAILOVER_MS = 6_000;

/** Starts a cluster on free ports. Slots that have no master do not close the others. */
export async function startCluster(options: StartCluster = {}): Promise<RedisCluster> {
  const { masters = 3, replicasEach = 1, login, tls } = options;
  const { folder, release } = guardedFolder('hookline-cluster-');
  try {
    const nodes = await Promise.all(
      Array.from({ length: masters * (1 + replicasEach) }, (_, index) =>
        startNode(folder, { name: `node-${index}`, lines: (ports) => linesOf(ports, options) }, options),
      ),
    );
    await form(nodes, masters);
    return {
      target: {
        kind: 'cluster',
        nodes: nodes.map(({ host, shownPort }) => ({ host, port: shownPort })),
        ...(login && { login }),
        ...(tls === true && { tls: { ca: TEST_CERTIFICATES.local } }),
      },
      env: {
        REDIS_CLUSTER_NODES: nodes.map(({ host, shownPort }) => `${host}:${shownPort}`).join(','),
        ...(login && { REDIS_PASSWORD: login.password }),
        ...(login?.username !== undefined && { REDIS_USERNAME: login.username }),
        ...(tls === true && { REDIS_TLS: 'on', REDIS_CA: join(folder, 'node-0', 'cert.pem') }),
      },
      nodes,
      masterOf: (prefix) => masterOf(nodes, prefix),
      replicaOf: (prefix) => replicaOf(nodes, prefix),
      async failover(prefix) {
        const [old, next] = [await masterOf(nodes, prefix), await replicaOf(nodes, prefix)];
        let asked = -Infinity;
        await eventually(async () => {
          // One that has just come back may not reach its master yet: then the cluster forgets that it was asked.
          if (performance.now() - asked > FAILOVER_MS) {
            await next.command('CLUSTER', 'FAILOVER').catch(() => undefined);
            asked = performance.now();
          }
          return (await masterOf(nodes, prefix)) === next;
        });
        await eventually(async () => (await old.role()) === 'replica');
      },
      migrateSlot: (prefix, pace = 0) => migrateSlot(nodes, prefix, { login, pace }),
      settled: () => settled(nodes),
      async stop() {
        await Promise.all(nodes.map((node) => node.kill()));
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function linesOf({ busPort, port, shownPort }: NodePorts, { login, tls }: NodeOptions): string[] {
  return [
    'cluster-enabled yes',
    'cluster-config-file nodes.conf',
    `cluster-port ${busPort}`,
    ...(shownPort === port ? [] : [`cluster-announce-port ${shownPort}`]),
    `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
    'cluster-require-full-coverage no',
    'cluster-allow-replica-migration no',
    'cluster-replica-validity-factor 0',
    ...(tls === true ? ['tls-cluster yes'] : []),
    ...(login?.username === undefined ? [] : [`masteruser ${login.username}`]),
    ...(login === undefined ? [] : [`masterauth ${quoted(login.password)}`]),
  ];
}

/** Makes one cluster of single nodes: the first are masters, and the others take turns following them. */
async function form(nodes: readonly RedisNode[], masters: number): Promise<void> {
  const ids = await Promise.all(nodes.map(idOf));
  const [first, ...others] = nodes;
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)));
  await Promise.all(
    nodes.slice(0, masters).map((node, index) => {
      const [from, to] = [index, index + 1].map((part) => Math.floor((SLOTS * part) / masters));
      return node.command('CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (to ?? 0) - 1);
    }),
  );
  for (const { host, port, busPort } of await Promise.all(others.map(addressOf)))
    await first?.command('CLUSTER', 'MEET', host, port, busPort);
  await eventually(async () => {
    const known = await Promise.all(nodes.map((node) => tableOf(node)));
    return known.every((rows) => rows.length === nodes.length && rows.every((row) => !/handshake/.test(row)));
  });
  await Promise.all(
    nodes
      .slice(masters)
      .map((node, index) => node.command('CLUSTER', 'REPLICATE', ids[index % masters] ?? '')),
  );
  await settled(nodes);
}

async function addressOf(node: RedisNode) {
  const [, busPort = 0] = /@(\d+)/.exec((await ownRow(node)).join(' ')) ?? [];
  return { host: node.host, port: node.port, busPort };
}

async function settled(nodes: readonly RedisNode[]): Promise<void> {
  await eventually(async () => {
    const states = await Promise.all(nodes.map((node) => stateOf(node)));
    const living = states.filter((state) => state !== undefined);
    return living.length > nodes.length / 2 && living.every((state) => state === 'ok');
  });
}

/** Undefined while it does not answer. */
async function stateOf(node: RedisNode): Promise<string | undefined> {
  const info = await node.command('CLUSTER', 'INFO').catch(() => undefined);
  if (info === undefined) return undefined;
  const isWhole = infoOf(info, 'cluster_slots_ok') === String(SLOTS) && (await isInSync(node)) === true;
  return isWhole ? infoOf(info, 'cluster_state') : 'incomplete';
}

/** Of those that say that they have the slot, the one that was elected last. */
async function masterOf(nodes: readonly RedisNode[], prefix: string): Promise<RedisNode> {
  return eventually(async () => {
    const claims = await Promise.all(nodes.map((node) => claimOn(node, prefix).catch(() => -1)));
    const best = Math.max(...claims);
    return (best >= 0 && nodes[claims.indexOf(best)]) || false;
  });
}

/** The epoch with which this node claims the slot; -1 when it does not. */
async function claimOn(node: RedisNode, prefix: string): Promise<number> {
  const slot = Number(textOf(await node.command('CLUSTER', 'KEYSLOT', prefix)));
  const [, , flags = '', , , , epoch, , ...ranges] = await ownRow(node);
  const holds = ranges.some((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return from !== undefined && to !== undefined && from <= slot && slot <= to;
  });
  return flags.includes('master') && holds ? Number(epoch) : -1;
}

async function replicaOf(nodes: readonly RedisNode[], prefix: string): Promise<RedisNode> {
  const master = await idOf(await masterOf(nodes, prefix));
  return eventually(async () => {
    const rows = await Promise.all(nodes.map((node) => ownRow(node).catch(() => [])));
    return nodes[rows.findIndex((row) => row[3] === master)] ?? false;
  });
}

async function migrateSlot(
  nodes: readonly RedisNode[],
  prefix: string,
  { login, pace }: { readonly login: NodeLogin | undefined; readonly pace: number },
): Promise<RedisNode> {
  const from = await masterOf(nodes, prefix);
  const to = await otherMaster(nodes, from);
  const slot = textOf(await from.command('CLUSTER', 'KEYSLOT', prefix));
  const [fromId, toId] = await Promise.all([idOf(from), idOf(to)]);
  const auth =
    login === undefined
      ? []
      : login.username === undefined
        ? ['AUTH', login.password]
        : ['AUTH2', login.username, login.password];
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
  for (;;) {
    const keys = itemsOf(await from.command('CLUSTER', 'GETKEYSINSLOT', slot, MIGRATED_AT_ONCE));
    if (keys.length === 0) break;
    await from.command('MIGRATE', to.host, to.port, '', 0, 2_000, ...auth, 'KEYS', ...keys);
    await new Promise((resolve) => setTimeout(resolve, pace));
  }
  // The new master first: the old one would send clients to where they are sent back.
  await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  await from.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  await eventually(async () => (await masterOf(nodes, prefix)) === to);
  return to;
}

async function otherMaster(nodes: readonly RedisNode[], than: RedisNode): Promise<RedisNode> {
  for (const node of nodes) {
    if (node === than) continue;
    const [, , flags = '', , , , , , ...ranges] = await ownRow(node).catch(() => []);
    if (flags.includes('master') && ranges.length > 0) return node;
  }
  throw new Error('no other master answers');
}

async function idOf(node: RedisNode): Promise<string> {
  return textOf(await node.command('CLUSTER', 'MYID'));
}

/** What it says of itself: id, address, flags, master, ping, pong, epoch, link, and its slots. */
async function ownRow(node: RedisNode): Promise<readonly string[]> {
  return (await tableOf(node)).find((row) => row.includes('myself'))?.split(' ') ?? [];
}

async function tableOf(node: RedisNode): Promise<readonly string[]> {
  return textOf(await node.command('CLUSTER', 'NODES'))
    .trim()
    .split('\n');
}

function itemsOf(reply: Reply): readonly string[] {
  return reply.kind === 'list' ? reply.items.map(textOf) : [];
}
