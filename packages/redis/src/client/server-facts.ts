import type { Redis } from 'ioredis';
import type { Connection } from './connection.ts';
import { nodeOf } from './slot-owner.ts';

/** What a Redis says of its memory. Bytes. */
export interface Memory {
  /** As it is held against the limit: what feeds replicas and the append-only file does not count. */
  readonly used: number;
  /** `maxmemory`; 0 for none. */
  readonly limit: number;
  readonly policy: string | undefined;
}

/** What matters of a Redis as a place for work that must not be lost. */
export interface ServerFacts {
  /** A node of a cluster answers for itself: it is the one that has our keys. */
  readonly kind: 'single' | 'cluster';
  readonly memory: Memory;
  /** Milliseconds that its clock is ahead of ours. */
  readonly clockSkew: number;
  /** Where it says so. */
  readonly version?: string | undefined;
  /** Another one after each start. */
  readonly runId: string;
  readonly appendOnly: boolean;
  /** Undefined where its configuration may not be read, as on managed ones. */
  readonly appendFsync: string | undefined;
  readonly syncsDuringRewrite: boolean;
  readonly hasWaitAof: boolean;
  /** Connected ones. */
  readonly replicas: number;
}

/** Asked at boot, this Redis is no place for events. */
export class UnfitServerError extends Error {
  override readonly name = 'UnfitServerError';
}

/**
 * What is wrong with this Redis as a place for work that must not be lost, if anything. A server that evicts
 * drops jobs and locks silently when memory is short, and an old one lacks commands; BullMQ only warns of either.
 * @param key one of ours: in a cluster, its node is the one that is asked
 */
export async function serverProblem(connection: Connection, key: string): Promise<string | undefined> {
  const node = await nodeOf(connection, key);
  const [memory, server] = await Promise.all([node.info('memory'), node.info('server')]);
  return versionProblemOf(versionIn(server)) ?? evictionProblemOf(memoryIn(memory));
}

const OLDEST_MAJOR = 7;

/** @param version as Redis says it; undefined where it does not */
export function versionProblemOf(version: string | undefined): string | undefined {
  if (version === undefined || !(Number(version.split('.')[0]) < OLDEST_MAJOR)) return undefined;
  return `This Redis is ${version}, and Hookline needs ${OLDEST_MAJOR}.0 or newer: upgrade it, or use another Redis`;
}

function versionIn(server: string): string | undefined {
  return lineOf(server, 'redis_version');
}

export function evictionProblemOf({ policy }: Memory): string | undefined {
  if (policy === undefined || policy === 'noeviction') return undefined;
  return (
    `This Redis may throw data away: its maxmemory-policy is '${policy}'. ` +
    `Run 'redis-cli config set maxmemory-policy noeviction' (and set it in redis.conf), or use another Redis`
  );
}

/**
 * Asks a server everything at once.
 * @param key one of ours: in a cluster, its node is the one that is asked
 * @param now milliseconds since the epoch
 */
export async function readServer(
  connection: Connection,
  key: string,
  now: () => number,
): Promise<ServerFacts> {
  const node = await nodeOf(connection, key);
  const asked = now();
  const [
    [seconds, microseconds],
    memory,
    server,
    persistence,
    replication,
    append,
    duringRewrite,
    hasWaitAof,
  ] = await Promise.all([
    node.time(),
    node.info('memory'),
    node.info('server'),
    node.info('persistence'),
    node.info('replication'),
    readConfig(node, 'appendfsync'),
    readConfig(node, 'no-appendfsync-on-rewrite'),
    knowsWaitAof(node),
  ]);
  const theirs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  return {
    kind: lineOf(server, 'redis_mode') === 'cluster' ? 'cluster' : 'single',
    memory: memoryIn(memory),
    clockSkew: theirs - (asked + now()) / 2,
    version: versionIn(server),
    runId: lineOf(server, 'run_id') ?? '',
    appendOnly: lineOf(persistence, 'aof_enabled') === '1',
    appendFsync: append,
    syncsDuringRewrite: duringRewrite === 'no',
    hasWaitAof,
    replicas: Number(lineOf(replication, 'connected_slaves') ?? 0),
  };
}

/** @param key as of `readServer` */
export async function readMemory(connection: Connection, key: string): Promise<Memory> {
  const node = await nodeOf(connection, key);
  return memoryIn(await node.info('memory'));
}

function memoryIn(info: string): Memory {
  return {
    used: Number(lineOf(info, 'used_memory') ?? 0) - Number(lineOf(info, 'mem_not_counted_for_evict') ?? 0),
    limit: Number(lineOf(info, 'maxmemory') ?? 0),
    policy: lineOf(info, 'maxmemory_policy'),
  };
}

function lineOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
}

async function readConfig(connection: Redis, name: string): Promise<string | undefined> {
  try {
    const reply = (await connection.config('GET', name)) as readonly string[];
    return reply[1];
  } catch (error) {
    if (isReply(error)) return undefined;
    throw error;
  }
}

async function knowsWaitAof(connection: Redis): Promise<boolean> {
  try {
    const reply = (await connection.call('COMMAND', 'INFO', 'WAITAOF')) as readonly unknown[];
    return Array.isArray(reply[0]);
  } catch (error) {
    if (isReply(error)) return false;
    throw error;
  }
}

/** Whether Redis itself said no; everything else is a connection's failure. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
