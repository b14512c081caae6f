import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { ProxyMode } from './proxy-mode.ts';
import { openLane, type Lane } from './tcp-lane.ts';

export type { ProxyMode } from './proxy-mode.ts';

/** What it has done since it began. */
export interface ProxyCounts {
  readonly accepted: number;
  readonly refused: number;
  /** Connections destroyed at a reply. */
  readonly repliesCut: number;
  /** Connections destroyed by `cut()`, and by the end of `halfOpen`. */
  readonly cut: number;
  /** From clients, and to them. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly bytesSwallowed: number;
}

/** Stands between a program and a server on this machine, and spoils what they say to each other. */
export interface TcpProxy {
  readonly port: number;
  readonly mode: ProxyMode;
  /** Connections open now. */
  readonly open: number;
  /** Applies to connections there are, and to new ones. */
  set(mode: ProxyMode): void;
  /** New connections go there; those there are stay where they are (`cut()` ends them). */
  retarget(port: number): void;
  /** Destroys every connection, once. @returns how many */
  cut(): number;
  /**
   * What is connected now hears nothing any more and is never closed, as when a host is lost; who connects anew is
   * served. @returns how many
   */
  vanish(): number;
  counts(): ProxyCounts;
  stop(): Promise<void>;
}

interface Pair {
  readonly lanes: readonly Lane[];
  /** Nothing of it has come through for a while: it has missed bytes, and cannot go on. */
  swallowed: boolean;
  /** Nothing of it comes through ever again. */
  vanished: boolean;
  destroy(): void;
}

/** Listens on a free port of 127.0.0.1 and connects to `targetPort` there. */
export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const counts = {
    accepted: 0,
    refused: 0,
    repliesCut: 0,
    cut: 0,
    bytesIn: 0,
    bytesOut: 0,
    bytesSwallowed: 0,
  };
  let mode: ProxyMode = { kind: 'pass' };
  let target = targetPort;

  const server = createServer({ noDelay: true }, (client) => {
    client.on('error', () => undefined);
    if (mode.kind === 'refuse') {
      counts.refused += 1;
      client.resetAndDestroy();
      return;
    }
    counts.accepted += 1;
    join(client, connect({ port: target, host: '127.0.0.1', noDelay: true }));
  });

  function join(client: Socket, upstream: Socket): void {
    upstream.on('error', () => undefined);
    const requests = openLane(client, upstream, () => mode);
    const replies = openLane(upstream, client, () => mode);
    const pair: Pair = {
      lanes: [requests, replies],
      swallowed: false,
      vanished: false,
      destroy() {
        pairs.delete(pair);
        for (const lane of pair.lanes) lane.close();
        client.destroy();
        upstream.destroy();
      },
    };
    pairs.add(pair);

    function swallows(bytes: number): boolean {
      if (mode.kind !== 'halfOpen' && !pair.vanished) return false;
      pair.swallowed = true;
      counts.bytesSwallowed += bytes;
      return true;
    }

    client.on('data', (chunk: Buffer) => {
      counts.bytesIn += chunk.length;
      if (!swallows(chunk.length)) requests.push(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (swallows(chunk.length)) return;
      if (mode.kind === 'cutReplies') return cutReply(mode, pair);
      counts.bytesOut += chunk.length;
      replies.push(chunk);
    });
    for (const [side, lane] of [
      [client, requests],
      [upstream, replies],
    ] as const) {
      side.on('close', () => {
        // The other side shall not hear of it: that is what half-open means.
        if (!swallows(0)) lane.end(() => pair.destroy());
      });
    }
  }

  function cutReply(cutting: Extract<ProxyMode, { kind: 'cutReplies' }>, pair: Pair): void {
    counts.repliesCut += 1;
    pair.destroy();
    if (cutting.connections === undefined) return;
    const left = cutting.connections - 1;
    mode = left > 0 ? { kind: 'cutReplies', connections: left } : { kind: 'pass' };
  }

  function destroyAll(chosen: readonly Pair[]): number {
    for (const pair of chosen) pair.destroy();
    counts.cut += chosen.length;
    return chosen.length;
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get mode() {
      return mode;
    },
    get open() {
      return pairs.size;
    },
    set(next) {
      const wasHalfOpen = mode.kind === 'halfOpen';
      mode = next;
      if (wasHalfOpen && next.kind !== 'halfOpen')
        destroyAll([...pairs].filter(({ swallowed, vanished }) => swallowed && !vanished));
      for (const pair of pairs) for (const lane of pair.lanes) lane.reconsider();
    },
    retarget(port) {
      target = port;
    },
    cut: () => destroyAll([...pairs]),
    vanish() {
      for (const pair of pairs) {
        pair.vanished = true;
        for (const lane of pair.lanes) lane.close();
      }
      return pairs.size;
    },
    counts: () => ({ ...counts }),
    stop() {
      for (const pair of pairs) pair.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
