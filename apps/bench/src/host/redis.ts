import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startLocalRedis, type Environment } from '@hookline/local-redis';
import { ControlConnection } from '../measure/redis-info.ts';

/** How it keeps what it is told: not at all, synced once a second, or before each answer. */
export type Persistence = 'none' | 'everysec' | 'always';

/** A Redis of one contender's own. */
export interface OwnRedis {
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** Of the measurement; its commands are not counted. */
  readonly control: ControlConnection;
  /** The same server by another port, as a proxy has one. */
  urlAt(port: number): string;
  /** Forgets everything but its scripts. */
  clear(): Promise<void>;
  /** Ends it by force. */
  stop(): Promise<void>;
}

/** Milliseconds after which what was freed or grew in the background has done so. */
const SETTLE_MS = 150;

export interface StartOwnRedis {
  readonly folder: string;
  readonly env: Environment;
  readonly persistence: Persistence;
  /** Is told its process's id. */
  readonly keep: (pid: number) => void;
}

/** @throws Error when there is no Redis to be had */
export async function startOwnRedis({ folder, env, persistence, keep }: StartOwnRedis): Promise<OwnRedis> {
  mkdirSync(folder, { recursive: true });
  const redis = await startLocalRedis({
    dataDir: folder,
    env,
    appendfsync: persistence === 'always' ? 'always' : 'everysec',
    onProgress: () => undefined,
  });
  keep(redis.pid);
  const url = new URL(redis.url);
  const control = new ControlConnection(redis.url);
  // It is ended by force.
  control.on('error', () => undefined);
  // A rewrite in the middle of a round would be that round's alone.
  await control.config('SET', 'auto-aof-rewrite-percentage', '0');
  if (persistence === 'none') await control.config('SET', 'appendonly', 'no');
  return {
    url: redis.url,
    port: Number(url.port),
    version: redis.version,
    control,
    urlAt(port) {
      const other = new URL(url);
      other.port = String(port);
      return other.href;
    },
    async clear() {
      await control.flushall('SYNC');
      await wait(SETTLE_MS);
    },
    async stop() {
      control.disconnect();
      process.kill(redis.pid, 'SIGKILL');
      await redis.exited;
    },
  };
}
