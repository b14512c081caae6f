import { explain } from '@hookline/core';
import {
  connect,
  createPartition,
  readyOrRefused,
  RefusedError,
  refusalOf,
  type Connection,
  type Partition,
} from '@hookline/redis';
import type { CliConfig } from './config.ts';

/** A person waits for this: a Redis that is not there is said soon. */
const REDIS_DEADLINE_MS = 5_000;

/** Runs a command on the Redis that is configured, or says soon that it is not there. */
export async function withRedis(
  config: CliConfig,
  use: (partition: Partition) => Promise<number>,
): Promise<number> {
  const connection = connect(config.redis, 'worker');
  let lastError = 'no answer';
  connection.on('error', (error: Error) => (lastError = explain(error)));
  try {
    await Promise.race([answers(connection), refused(connection, config)]).catch((error: unknown) => {
      if (error instanceof RefusedError) throw error;
      throw new Error(`Redis cannot be reached (${lastError}): run 'npm start', or check REDIS_URL`);
    });
    return await use(createPartition(connection, config.prefix)).catch((error: unknown) => {
      throw refusalOf(error, config.redis) ?? error;
    });
  } finally {
    connection.disconnect();
  }
}

/** Ends only when Redis refuses us: that it is ready, its answer says. */
function refused(connection: Connection, { redis }: CliConfig): Promise<never> {
  return readyOrRefused(connection, redis, REDIS_DEADLINE_MS).then(() => new Promise<never>(() => undefined));
}

/** Has a clock of its own: a connection that is closed between two attempts leaves its commands without an answer. */
function answers(connection: Connection): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no answer in time')), REDIS_DEADLINE_MS);
    connection
      .ping()
      .then(resolve, reject)
      .finally(() => clearTimeout(late));
  });
}
