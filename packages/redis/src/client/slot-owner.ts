import { within, LATE, type RedisNode, type RedisTarget } from '@hookline/core';
import { AbstractConnector, Cluster, Redis, type RedisOptions } from 'ioredis';
import { connect as dial } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as dialSecurely } from 'node:tls';

/** Without a choice of protocol, on which the replies' types depend. */
type PlainOptions = Omit<RedisOptions, 'protocol' | 'replyMapping'>;
type ClusterTarget = Extract<RedisTarget, { kind: 'cluster' }>;

/** One of a cluster's nodes says who has a key. */
const ASK_MS = 500;
const ASK_AGAIN_MS = 250;
const CLOSE_MS = 2_000;

/**
 * A connection to the one node of a cluster that has a key, and to whoever has it next once that one is gone or says that
 * it has moved. What is asked on it and what was written over it are of one server, as on a single Redis: the wait for
 * its disk or its replicas means something. Nothing is redirected.
 */
export function connectToOwner(target: ClusterTarget, key: string, options: PlainOptions): Redis {
  class ToOwner extends OwnerConnector {
    constructor(_options: unknown) {
      super(target, key);
    }
  }
  return new Redis({
    ...options,
    Connector: ToOwner,
    // 1: whoever sent the command decides whether it is sent again.
    reconnectOnError: (error) => (isLost(error) ? 1 : (options.reconnectOnError?.(error) ?? false)),
  });
}

/** Whether what is asked on it is answered by nodes of a cluster, which want to be told of a script's keys. */
export function isInCluster(connection: Redis | Cluster): boolean {
  return connection instanceof Cluster || isToOwner(connection);
}

function isToOwner({ options: { Connector } }: Redis): boolean {
  return Connector?.prototype instanceof OwnerConnector;
}

/**
 * @returns the connection of a cluster's client to the node that has a key; any other connection itself
 * @throws Error when it no longer leads to the one that has it
 */
export async function nodeOf(connection: Redis | Cluster, key: string): Promise<Redis> {
  if (!(connection instanceof Cluster)) {
    // Of itself a node speaks, too, when its keys are another's by now: only who asks for a key is told so.
    if (isToOwner(connection)) await connection.exists(key).catch(unlessStillHere);
    return connection;
  }
  const slot = Number(await connection.call('CLUSTER', 'KEYSLOT', key));
  const [owner] = connection.slots[slot] ?? [];
  const node = connection.nodes().find(({ options: { host, port } }) => `${host}:${port}` === owner);
  if (node === undefined) throw new Error('no node of the Redis Cluster has our keys');
  return node;
}

/** While a slot is on its way, who had it answers for it. */
function unlessStillHere(error: unknown): void {
  if (!(error instanceof Error && /^(?:ASK|TRYAGAIN)\b/.test(error.message))) throw error;
}

/**
 * Said by a node that no longer has the key. And a master that lost sight of the others says that the cluster is down for
 * as long as it does, while another may be elected.
 */
function isLost(error: Error): boolean {
  return /^(?:MOVED|CLUSTERDOWN)\b/.test(error.message);
}

class OwnerConnector extends AbstractConnector {
  readonly #target: ClusterTarget;
  readonly #key: string;
  /** Whom to ask, the next one first: those that were named, and those that the last answer named. */
  #nodes: readonly RedisNode[];
  #connectedAt = -Infinity;

  constructor(target: ClusterTarget, key: string) {
    super(CLOSE_MS);
    this.#target = target;
    this.#key = key;
    this.#nodes = target.nodes;
  }

  async connect(report: (type: string, error: Error) => void) {
    this.connecting = true;
    // Whom a node names may say at once that it is another: until all of them have heard it.
    await wait(Math.max(0, this.#connectedAt + ASK_AGAIN_MS - performance.now()));
    this.#connectedAt = performance.now();
    const { host, port } = await this.#findOwner((error) => report('error', error));
    const { tls } = this.#target;
    this.stream = tls ? dialSecurely({ ...tls, host, port }) : dial({ host, port });
    this.stream.once('error', (error) => (this.firstError = error));
    return this.stream;
  }

  /** Asks one node after the other until one knows. */
  async #findOwner(report: (error: Error) => void): Promise<RedisNode> {
    for (let failures = 0; ;) {
      const [asked, ...others] = this.#nodes;
      if (asked === undefined) throw new Error('no node of the Redis Cluster is named');
      const answer = await this.#ask(asked).then(
        (found) => ({ found }),
        (error: unknown) => ({ error: error as Error }),
      );
      if (!this.connecting) throw new Error('Connection is closed.');
      // Who has answered may be the one that is gone next time.
      this.#nodes = [...others, asked];
      if ('found' in answer) {
        const { owner, all } = answer.found;
        const known = new Map([...this.#nodes, ...all].map((node) => [nameOf(node), node]));
        this.#nodes = [...known.values()];
        return owner;
      }
      report(answer.error);
      failures += 1;
      if (failures % this.#nodes.length === 0) await wait(ASK_AGAIN_MS);
    }
  }

  async #ask(node: RedisNode): Promise<{ readonly owner: RedisNode; readonly all: readonly RedisNode[] }> {
    const { login, tls } = this.#target;
    const redis = new Redis({
      ...node,
      ...login,
      ...(tls && { tls: { ...tls } }),
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    let reason: Error | undefined;
    redis.on('error', (error: Error) => (reason ??= error));
    try {
      const asked = Promise.all([
        redis.call('CLUSTER', 'KEYSLOT', this.#key),
        redis.call('CLUSTER', 'SLOTS'),
      ]);
      const answers = await within(ASK_MS, asked);
      if (answers === LATE) throw new Error(`${nameOf(node)} of the Redis Cluster does not answer`);
      return ownerIn(Number(answers[0]), answers[1] as readonly Range[], node);
    } catch (error) {
      throw reason ?? error;
    } finally {
      redis.disconnect();
    }
  }
}

type Range = readonly [from: number, to: number, ...nodes: (readonly [host: string | null, port: number])[]];

/** @param asked whose answer it is: a node that does not know its own address leaves it out */
function ownerIn(slot: number, ranges: readonly Range[], asked: RedisNode) {
  const nodesOf = ([, , ...nodes]: Range) =>
    nodes.map(([host, port]): RedisNode => ({ host: host && host !== '?' ? host : asked.host, port }));
  const range = ranges.find(([from, to]) => from <= slot && slot <= to);
  const [owner] = range === undefined ? [] : nodesOf(range);
  if (owner === undefined) throw new Error('CLUSTERDOWN no node of the Redis Cluster has our keys');
  return { owner, all: ranges.flatMap(nodesOf) };
}

function nameOf({ host, port }: RedisNode): string {
  return `${host}:${port}`;
}
