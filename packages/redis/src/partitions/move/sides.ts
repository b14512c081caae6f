import type { PartitionAddress } from '@hookline/core';
import type { Partition } from '../../client/partition.ts';

/** A partition of the old number, or of the new one. */
export interface Side {
  readonly number: number;
  readonly partition: Partition;
  readonly address: PartitionAddress;
}

/** Between which partitions everything moves. One may be among both. */
export interface Sides {
  readonly from: readonly Side[];
  readonly to: readonly [Side, ...Side[]];
}

/** Whether two of them are one place. */
export function isSame(one: Side, other: Side): boolean {
  return one.address.target === other.address.target && one.address.prefix === other.address.prefix;
}

/** Whether a partition goes on under the new number. */
export function isStaying({ to }: Sides, source: Side): boolean {
  return to.some((each) => isSame(each, source));
}

/**
 * Where something goes that lies in `source` and belongs to `place`. Of so many partitions as there are on both sides none gives
 * anything to another: by rendezvous hashing what is spread rightly never has to. So nothing ever comes to a partition
 * from which something goes, and what a thing belongs to is always to be asked where it lies.
 */
export function routeOf({ from, to }: Sides, source: Side, place: number): Side {
  const isGrowing = to.length >= from.length;
  const stays = isGrowing ? place < from.length : source.number < to.length;
  return to[stays ? source.number : place] ?? to[0];
}

/** Wherever something may go of which nothing is known but an id. */
export function routesOf(sides: Sides, source: Side): readonly Side[] {
  return [...new Set(sides.to.map(({ number }) => routeOf(sides, source, number)))];
}

/** The name of a key in another partition. */
export function keyIn(dest: Side, source: Side, key: string): string {
  return dest.partition.prefix + key.slice(source.partition.prefix.length);
}

/** Things by where they go. */
export function byRoute<Thing>(
  sides: Sides,
  source: Side,
  things: readonly Thing[],
  places: readonly number[],
): ReadonlyMap<Side, readonly Thing[]> {
  const grouped = new Map<Side, Thing[]>();
  for (const [at, thing] of things.entries()) {
    const dest = routeOf(sides, source, places[at] ?? 0);
    const those = grouped.get(dest) ?? [];
    those.push(thing);
    grouped.set(dest, those);
  }
  return grouped;
}
