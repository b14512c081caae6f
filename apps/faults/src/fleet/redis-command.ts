import { Redis } from 'ioredis';

const PATIENCE_MS = 2_000;

/** One command for a server on this machine. */
export interface RedisCommand {
  readonly port: number;
  readonly name: string;
  readonly args: readonly (string | number | Buffer)[];
  /** Milliseconds for the answer; 2000 unless given. */
  readonly patience?: number;
}

/**
 * Sends one command on a connection of its own: it works the same before and after a restart, and no fault that
 * befalls the connections of others is in its way.
 * @throws Error when there is no answer in time, or it is an error
 */
export async function redisCommand({
  port,
  name,
  args,
  patience = PATIENCE_MS,
}: RedisCommand): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: PATIENCE_MS,
    commandTimeout: patience,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    disconnectTimeout: 100,
  });
  // The command's own rejection says it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(name, [...args]);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Redis on port ${port}, ${name}: ${message}`, { cause });
  } finally {
    client.disconnect();
  }
}

/** One field of INFO, by its section. @throws Error when there is none of that name */
export async function redisInfo(port: number, section: string, field: string): Promise<string> {
  const text = String(await redisCommand({ port, name: 'info', args: [section] }));
  const value = new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`Redis on port ${port} has no ${field} in INFO ${section}`);
  return value;
}
