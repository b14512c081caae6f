import type { RedisNode } from '@hookline/rig';
import { faultsOf, type FaultyRedis } from '../fleet/faulty-redis.ts';

/** What can befall one server of a Cluster, or of those that Sentinels watch. */
export function faultyNode(node: RedisNode): FaultyRedis {
  let frozen = false;
  return faultsOf({
    port: node.port,
    dir: node.dir,
    get pid() {
      return node.pid;
    },
    get alive() {
      return node.alive;
    },
    get frozen() {
      return frozen && node.alive;
    },
    kill: (signal) => node.kill(signal),
    ended: () => node.ended(),
    freeze() {
      node.freeze();
      frozen = true;
    },
    thaw() {
      node.thaw();
      frozen = false;
    },
    restart: (options) => node.restart(options),
  });
}

/** The one of these that is that node. */
export function sameServer(servers: readonly FaultyRedis[], node: RedisNode): FaultyRedis {
  const found = servers.find(({ port }) => port === node.port);
  if (found === undefined) throw new Error(`no server of this run listens on port ${node.port}`);
  return found;
}

/**
 * As durable as the other set-ups' servers are, and quick to notice that a link is silent: what a replica has not
 * heard, `ACK=replicated` does not answer 200.
 */
export const NODE_OPTIONS = {
  appendfsync: 'always',
  config: {
    'aof-load-truncated': 'yes',
    'auto-aof-rewrite-percentage': '0',
    'enable-debug-command': 'local',
    'repl-ping-replica-period': '1',
    'repl-timeout': '5',
  },
} as const;
