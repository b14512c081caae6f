import type { ServerFacts } from '../client/server-facts.ts';

/**
 * What a 2xx stands for. `memory` Redis has it · `fsync` it is on Redis's disk · `replicated` a replica has it, too.
 */
export const ACK_LEVELS = ['memory', 'fsync', 'replicated'] as const;
export type AckLevel = (typeof ACK_LEVELS)[number];

/** How a server keeps a level's promise. */
export type Durability =
  /** What it has answered is as durable as promised. */
  | { readonly kind: 'at-once' }
  /** It has to be asked, after the write and before our answer. */
  | { readonly kind: 'after-barrier'; readonly command: BarrierCommand; readonly warning?: string }
  | { readonly kind: 'impossible'; readonly reason: string };

export type BarrierCommand = 'WAIT' | 'WAITAOF';

const SYNC_ALWAYS =
  "Run 'redis-cli config set appendfsync always' (and set it in redis.conf), or set ACK=memory";
const LATE =
  'Events that it has not synced in time are spooled or answered 503, which will be most of them under little traffic';

export function durabilityOf(level: AckLevel, facts: ServerFacts): Durability {
  switch (level) {
    case 'memory':
      return { kind: 'at-once' };
    case 'fsync':
      return syncing(facts);
    case 'replicated':
      return {
        kind: 'after-barrier',
        command: 'WAIT',
        ...(facts.replicas === 0 && { warning: NO_REPLICA }),
      };
  }
}

const NO_REPLICA =
  'ACK=replicated, but no replica is connected to this Redis: events are spooled or answered 503 until one is';

function syncing({ appendOnly, appendFsync, syncsDuringRewrite, hasWaitAof }: ServerFacts): Durability {
  if (!appendOnly)
    return impossible(
      "its append-only file is off. Run 'redis-cli config set appendonly yes' and 'redis-cli config set appendfsync always' (and set both in redis.conf), or set ACK=memory",
    );
  if (appendFsync === 'no')
    return impossible(`its appendfsync is 'no', which leaves syncing to the system. ${SYNC_ALWAYS}`);
  if (appendFsync === 'always' && syncsDuringRewrite) return { kind: 'at-once' };
  if (appendFsync === undefined) {
    if (hasWaitAof) return { kind: 'after-barrier', command: 'WAITAOF' };
    return impossible(
      'it does not let us read its configuration and has no WAITAOF (Redis 7.2 or later), so nobody can say what is on its disk. Allow CONFIG GET, or set ACK=memory',
    );
  }
  const [found, cure] =
    appendFsync === 'always'
      ? [
          "its no-appendfsync-on-rewrite is 'yes', so it does not sync while it rewrites its file",
          "Run 'redis-cli config set no-appendfsync-on-rewrite no' (and set it in redis.conf), or set ACK=memory",
        ]
      : [
          `its appendfsync is '${appendFsync}', so it answers up to a second or two before it syncs`,
          SYNC_ALWAYS,
        ];
  if (!hasWaitAof) return impossible(`${found}. ${cure}`);
  return { kind: 'after-barrier', command: 'WAITAOF', warning: `ACK=fsync, but ${found}. ${LATE}. ${cure}` };
}

function impossible(why: string): Durability {
  return { kind: 'impossible', reason: `ACK=fsync cannot be kept by this Redis: ${why}` };
}
