import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis, type StandaloneRedis } from '../fleet/redis-server.ts';
import type { Image } from './disk.ts';
import { openDisk } from './redis-scenes.ts';
import type { Place, Scene } from './scene.ts';

const DRAIN_PATIENCE_MS = 60_000;
const POLL_MS = 50;

/** A receiver that spools to its own disk, since Redis is away. */
export async function spoolScene(place: Place): Promise<Scene> {
  const disk = openDisk(place, 'receiver');
  const redis = await openRedis(place, 'redis');
  let image: Image | undefined;
  return {
    redisUrl: redis.url,
    receiverEnv: { SPOOL: 'on', DATA_DIR: disk.dir },
    begin: () => redis.kill(),
    cut(receiver) {
      receiver.freeze();
      image = disk.cut();
      return [image];
    },
    async recover() {
      if (image === undefined) throw new Error('there was no cut to come back from');
      const left = image.mount();
      place.onClose(() => left.close());
      // Another Redis, and empty: all that it will have comes from the spool.
      const empty = await openRedis(place, 'redis-afterwards');
      const fleet = place.fleet('afterwards', empty.url);
      place.onClose(() => fleet.kill());
      const receiver = await fleet.add('receiver', { env: { SPOOL: 'on', DATA_DIR: left.dir } });
      await drained(receiver.urls['ops'] ?? '');
      return empty.url;
    },
  };
}

async function openRedis({ folder, env, level, onClose }: Place, name: string): Promise<StandaloneRedis> {
  const redis = await startRedis({ dir: join(folder, name), env, config: level.config });
  onClose(() => redis.stop());
  return redis;
}

/** Waits until the receiver's spool is empty. */
async function drained(ops: string): Promise<void> {
  const deadline = performance.now() + DRAIN_PATIENCE_MS;
  for (;;) {
    const metrics = await (await fetch(new URL('/metrics', ops))).text();
    const held = /^hookline_spool_events(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1];
    if (held === undefined) throw new Error('the receiver does not say how full its spool is');
    if (held === '0') return;
    if (performance.now() > deadline) throw new Error(`${held} events are still in the spool`);
    await wait(POLL_MS);
  }
}
