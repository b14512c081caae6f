import { explain } from '@hookline/core';
import { connect, createPartition, type Connection, type Partition } from '@hookline/redis';
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
    await answers(connection).catch(() => {
      throw new Error(`Redis cannot be reached (${lastError}): run 'npm start', or check REDIS_URL`);
    });
    return await use(createPartition(connection, config.prefix));
  } finally {
    connection.disconnect();
  }
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
