import type { RedisNode } from '@hookline/rig';
import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Keeps what the servers wrote down with the run's other logs: their own folders go with them. */
export function keepLogs(nodes: readonly RedisNode[], folder: string): void {
  const kept = join(folder, 'redis');
  mkdirSync(kept, { recursive: true });
  for (const { dir } of nodes) cpSync(join(dir, 'redis.log'), join(kept, `${basename(dir)}.log`));
}
