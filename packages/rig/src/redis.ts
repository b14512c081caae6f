import { startLocalRedis, type StartLocalRedis } from '@hookline/local-redis';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { guardedFolder } from './guarded-folder.ts';

/**
 * The Redis that all tests of a run share.
 * @throws Error when the tests were not started through jest's global setup
 */
export function testRedisUrl(): string {
  const url = process.env.HOOKLINE_TEST_REDIS_URL;
  if (url === undefined || url === '')
    throw new Error(
      'HOOKLINE_TEST_REDIS_URL is not set: run the tests with "npm test", whose global setup starts a Redis.',
    );
  return url;
}

/** A key prefix that no other test has; in braces, as one hash slot. */
export function uniquePrefix(): string {
  return `{t-${randomUUID()}}`;
}

/** A Redis of one test's own, to be killed or frozen. */
export interface OwnRedis {
  /** The same after a restart. */
  readonly url: string;
  /** Another one after a restart. */
  readonly pid: number;
  /** Sends a signal, SIGKILL unless told, and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it from running: connections stay open and silent. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same data and port; ends it first when it runs. */
  restart(): Promise<void>;
  /** Ends it, frozen or not, and removes its data. Call it in `afterAll` or `finally`. */
  stop(): Promise<void>;
}

/**
 * Starts a Redis in a temporary folder of its own.
 * @param options.appendfsync `always` as in production, unless told
 */
export async function startOwnRedis(options: Pick<StartLocalRedis, 'appendfsync'> = {}): Promise<OwnRedis> {
  const { folder, release } = guardedFolder('hookline-own-redis-');
  const dataDir = join(folder, 'redis');
  mkdirSync(dataDir);
  let running = false;
  const start = async () => {
    const redis = await startLocalRedis({ ...options, dataDir, env: process.env, onProgress: () => {} });
    running = true;
    void redis.exited.then(() => (running = false));
    return redis;
  };
  let redis = await start().catch((error: unknown) => {
    release();
    throw error;
  });
  const signal = (name: NodeJS.Signals) => void process.kill(redis.pid, name);
  const end = async () => {
    if (running) signal('SIGCONT');
    await redis.stop();
  };
  return {
    get url() {
      return redis.url;
    },
    get pid() {
      return redis.pid;
    },
    async kill(name = 'SIGKILL') {
      signal(name);
      await redis.exited;
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async restart() {
      await end();
      redis = await start();
    },
    async stop() {
      await end();
      release();
    },
  };
}
