import { basePrefixOf, explain, type Layout, type RedisTarget } from '@hookline/core';
import {
  connect,
  createPartition,
  createPartitions,
  readyOrRefused,
  RefusedError,
  refusalOf,
  requireLayout,
  type Connection,
  type Partitions,
} from '@hookline/redis';
import type { CliConfig } from './config.ts';

/** A person waits for this: a Redis that is not there is said soon. */
const REDIS_DEADLINE_MS = 5_000;
/** Sooner where another one has answered. */
const OTHERS_MS = 1_000;

/** A Redis that does not answer, though others do. */
export interface AwayRedis {
  /** Of the partitions that lie there. */
  readonly numbers: readonly number[];
  readonly why: string;
}

/**
 * Runs a command on the Redis that are configured, or says soon that none is there. One that is away beside others is
 * noted: a question to all partitions is answered without it, and what needs it fails at once.
 * @param layouts `any`: whatever partitions there are; else those that are configured
 * @throws LayoutError when there are others than those
 */
export async function withRedis(
  config: CliConfig,
  use: (partitions: Partitions, away: readonly AwayRedis[]) => Promise<number>,
  layouts: 'configured' | 'any' = 'configured',
): Promise<number> {
  const { layout, note } = config;
  const [{ target: home }] = layout;
  const open = new Map<RedisTarget, Connection>();
  try {
    const away = await openAll(layout, open);
    for (const { numbers, why } of away) note(`hookline: ${namesOf(numbers)} cannot be reached (${why})`);
    if (layouts === 'configured') await requireLayouts(layout, open);
    return await use(partitionsOf(layout, open), away).catch((error: unknown) => {
      throw refusalOf(error, home) ?? error;
    });
  } finally {
    for (const connection of open.values()) connection.disconnect();
  }
}

/** `partition 2`, or `the partitions 0, 2`. */
export function namesOf(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'partition' : 'the partitions'} ${numbers.join(', ')}`;
}

/** Opens a connection to each Redis of a layout. @returns those that do not answer @throws Error where none does */
async function openAll(layout: Layout, open: Map<RedisTarget, Connection>): Promise<readonly AwayRedis[]> {
  const targets = [...new Set(layout.map(({ target }) => target))];
  const one = new AbortController();
  const asked = await Promise.all(
    targets.map(async (target) => {
      const connection = connect(target, 'worker');
      open.set(target, connection);
      const why = await problemOf(connection, target, one.signal);
      if (why === undefined) one.abort();
      return why === undefined ? [] : [{ target, why }];
    }),
  );
  const away = asked.flat();
  const [first] = away;
  if (first !== undefined && away.length === targets.length) {
    const setting = targets.length === 1 ? 'REDIS_URL' : 'REDIS_URLS';
    throw new Error(`Redis cannot be reached (${first.why}): run 'npm start', or check ${setting}`);
  }
  return away.map(({ target, why }) => {
    open.get(target)?.disconnect();
    const numbers = layout.flatMap((address, number) => (address.target === target ? [number] : []));
    // Nobody waits for it any longer: what is asked of it fails at once. It is no cluster, which would be the only one.
    const connection = connect(target, 'producer', layout[0].prefix);
    connection.on('error', () => undefined);
    open.set(target, connection);
    return { why, numbers };
  });
}

async function requireLayouts(layout: Layout, open: ReadonlyMap<RedisTarget, Connection>): Promise<void> {
  const base = basePrefixOf(layout);
  for (const [target, connection] of open)
    if (connection.status === 'ready')
      await requireLayout(createPartition(connection, base), layout, target, 'look');
}

function partitionsOf(layout: Layout, open: ReadonlyMap<RedisTarget, Connection>): Partitions {
  const partitionAt = ({ target, prefix }: Layout[0]) => {
    const connection = open.get(target);
    if (connection === undefined) throw new Error('a partition has no connection');
    return createPartition(connection, prefix, layout.length);
  };
  const [home, ...others] = layout;
  return createPartitions([partitionAt(home), ...others.map(partitionAt)]);
}

/**
 * @param one is aborted once one of them has answered
 * @returns why it does not answer in time
 * @throws RefusedError where it refuses us
 */
async function problemOf(
  connection: Connection,
  target: RedisTarget,
  one: AbortSignal,
): Promise<string | undefined> {
  let lastError = 'no answer';
  connection.on('error', (error: Error) => (lastError = explain(error)));
  try {
    await Promise.race([answers(connection, one), refused(connection, target)]);
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    return lastError;
  }
}

/** Ends only when Redis refuses us: that it is ready, its answer says. */
function refused(connection: Connection, target: RedisTarget): Promise<never> {
  return readyOrRefused(connection, target, REDIS_DEADLINE_MS).then(
    () => new Promise<never>(() => undefined),
  );
}

/** Has a clock of its own: a connection that is closed between two attempts leaves its commands without an answer. */
function answers(connection: Connection, one: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error('no answer in time'));
    let late = setTimeout(giveUp, REDIS_DEADLINE_MS);
    const hurry = () => {
      clearTimeout(late);
      late = setTimeout(giveUp, OTHERS_MS);
    };
    one.addEventListener('abort', hurry);
    connection
      .ping()
      .then(resolve, reject)
      .finally(() => {
        one.removeEventListener('abort', hurry);
        clearTimeout(late);
      });
  });
}
