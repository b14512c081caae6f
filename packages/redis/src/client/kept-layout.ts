import { within, type Layout, type RedisTarget } from '@hookline/core';
import type { Partition } from './partition.ts';
import { readyOrRefused } from './refusal.ts';
import { UnfitServerError } from './server-facts.ts';

/**
 * This process knows another number of partitions than the Redis that it talks to: what it put there nobody would find, and
 * of what is there it would see a part.
 */
export class LayoutError extends UnfitServerError {}

/** What a Redis keeps of the installation that it holds partitions of. */
export interface KeptLayout {
  /** How many partitions there are. */
  readonly count: number;
  /** Over how many Redis they are spread. */
  readonly nodes: number;
  /** Which of these it is. */
  readonly place: number;
  /** How many there will be, while that is being changed. */
  readonly next: number | undefined;
}

type Asked = Omit<KeptLayout, 'next'>;

/** `claim`: what is asked is kept from now on, where nothing was. */
export type Stance = 'claim' | 'look';

/** What a Redis of a layout is asked to keep. */
export function askedOf(layout: Layout, target: RedisTarget): Asked {
  const targets = [...new Set(layout.map((address) => address.target))];
  return { count: layout.length, nodes: targets.length, place: targets.indexOf(target) };
}

/**
 * What a Redis keeps, or is to keep from now on. See claim-layout.lua.
 * @param base of the prefix of an installation of one partition, whatever there is
 */
export async function keptLayout(base: Partition, asked: Asked, stance: Stance): Promise<KeptLayout> {
  const { layout, queues, changes, jobs, announcements, recordedOnce } = base.keys;
  const reply = await base.run('claim-layout', {
    keys: { layout, queues, changes, jobs, announcements, recordedOnce },
    args: { ...asked, claims: stance === 'claim' ? 1 : 0 },
  });
  const [count, nodes, place, next] = (reply as readonly Buffer[]).map(String);
  return {
    count: Number(count),
    nodes: Number(nodes),
    place: Number(place),
    next: next ? Number(next) : undefined,
  };
}

/** What stands against working with a Redis as if it kept what is asked, in words that say what to do; nothing where it does. */
export function layoutProblem(kept: KeptLayout, asked: Asked): string | undefined {
  const command = (count: number) => `'npm run hookline -- partitions set ${count}'`;
  if (kept.next !== undefined)
    return (
      `the number of partitions is being changed from ${kept.count} to ${kept.next}: start with PARTITIONS=${kept.next} when that is done; ` +
      `${command(kept.next)} does it, and goes on where it was interrupted`
    );
  if (kept.count !== asked.count)
    return (
      `Redis holds ${partitions(kept.count)}, and PARTITIONS asks for ${asked.count}: ` +
      `set PARTITIONS=${kept.count}, or move what is there with ${command(asked.count)}`
    );
  if (kept.nodes !== asked.nodes)
    return (
      `the partitions lie on ${kept.nodes} Redis, and REDIS_URLS names ${asked.nodes}: ` +
      `name those that there are, or move what is there with ${command(asked.count)}`
    );
  if (kept.place !== asked.place)
    return `this Redis is the ${ordinal(kept.place)} of those that the partitions lie on, and REDIS_URLS names it as the ${ordinal(asked.place)}: keep their order`;
  return undefined;
}

/** As long as a cluster's node that keeps the layout, and maybe no partition, may hold up those that have one. */
const PATIENCE_MS = 1_000;

/**
 * Of a cluster, the node that keeps it need not be one that holds a partition: while it is away the others go on, and are to
 * ask again.
 * @throws LayoutError when a Redis of this layout keeps another one, or its number of partitions is being changed
 */
export async function requireLayout(
  base: Partition,
  layout: Layout,
  target: RedisTarget,
  stance: Stance,
): Promise<void> {
  const asked = askedOf(layout, target);
  const look = async () => {
    const problem = layoutProblem(await keptLayout(base, asked, stance), asked);
    if (problem !== undefined) throw new LayoutError(problem);
  };
  if (target.kind !== 'cluster') return look();
  await readyOrRefused(base.connection, target, PATIENCE_MS);
  await within(PATIENCE_MS, look()).catch((error: unknown) => {
    if (error instanceof LayoutError) throw error;
  });
}

function partitions(count: number): string {
  return count === 1 ? '1 partition' : `${count} partitions`;
}

/** In words, as `second`. @param place from 0 */
export function ordinal(place: number): string {
  return ['first', 'second', 'third'][place] ?? `${place + 1}th`;
}
