import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { redisInfo } from '../fleet/redis-command.ts';
import { startRedis, type StandaloneRedis } from '../fleet/redis-server.ts';
import { makeDisk, type Disk, type Image } from './disk.ts';
import type { Place, Scene } from './scene.ts';

const SYNC_PATIENCE_MS = 30_000;
const POLL_MS = 20;

/** One Redis on one disk. */
export async function singleScene(place: Place): Promise<Scene> {
  const disk = openDisk(place, 'redis');
  const redis = await open(place, disk.dir);
  let image: Image | undefined;
  return {
    ...nothingBefore(redis),
    cut() {
      stopDead(redis);
      image = disk.cut();
      return [image];
    },
    recover: () => comeBack(place, image, [redis]),
  };
}

/** A primary and its replica, each on its own disk. */
export async function pairScene(place: Place): Promise<Scene> {
  const { cut } = place.level;
  const disks = { primary: openDisk(place, 'primary'), replica: openDisk(place, 'replica') };
  const primary = await open(place, disks.primary.dir);
  const replica = await open(place, disks.replica.dir, { replicaof: `127.0.0.1 ${primary.port}` });
  await inSync(replica);
  let image: Image | undefined;
  return {
    ...nothingBefore(primary),
    cut() {
      stopDead(primary);
      if (cut === 'primary-lost') return [];
      stopDead(replica);
      const images = { primary: disks.primary.cut(), replica: disks.replica.cut() };
      image = cut === 'both-primary-back' ? images.primary : images.replica;
      return Object.values(images);
    },
    async recover() {
      if (cut !== 'primary-lost') return comeBack(place, image, [primary, replica]);
      await primary.kill();
      await replica.command('replicaof', 'no', 'one');
      return replica.url;
    },
  };
}

function nothingBefore({ url }: StandaloneRedis): Pick<Scene, 'redisUrl' | 'receiverEnv' | 'begin'> {
  return { redisUrl: url, receiverEnv: { SPOOL: 'off' }, begin: async () => undefined };
}

/** Nothing is answered or written from now on, by a child that writes a snapshot neither. */
function stopDead(redis: StandaloneRedis): void {
  redis.freeze();
  const children = readFileSync(`/proc/${redis.pid}/task/${redis.pid}/children`, 'utf8');
  for (const pid of children.split(' ').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
}

export function openDisk({ disks, onClose }: Place, name: string): Disk {
  mkdirSync(disks, { recursive: true });
  const disk = makeDisk(disks, name);
  onClose(() => disk.close());
  return disk;
}

async function open(
  { env, level, onClose }: Place,
  disk: string,
  more: Readonly<Record<string, string>> = {},
): Promise<StandaloneRedis> {
  const redis = await startRedis({ dir: join(disk, 'redis'), env, config: { ...level.config, ...more } });
  onClose(() => redis.stop());
  return redis;
}

/** The machine has power again: its Redis starts from what its disk has. */
async function comeBack(
  place: Place,
  image: Image | undefined,
  dead: readonly StandaloneRedis[],
): Promise<string> {
  await Promise.all(dead.map((redis) => redis.kill()));
  if (image === undefined) throw new Error('there was no cut to come back from');
  const disk = image.mount();
  place.onClose(() => disk.close());
  const redis = await open(place, disk.dir);
  await redis.loaded();
  return redis.url;
}

/** The replica has everything, and has written its own append-only file anew, as it does after it was filled. */
async function inSync({ port }: StandaloneRedis): Promise<void> {
  const deadline = performance.now() + SYNC_PATIENCE_MS;
  const says = async (section: string, field: string, value: string): Promise<boolean> =>
    (await redisInfo(port, section, field)) === value;
  while (
    !(await says('replication', 'master_link_status', 'up')) ||
    !(await says('persistence', 'aof_rewrite_scheduled', '0')) ||
    !(await says('persistence', 'aof_rewrite_in_progress', '0'))
  ) {
    if (performance.now() > deadline) throw new Error('the replica does not follow its primary');
    await wait(POLL_MS);
  }
}
