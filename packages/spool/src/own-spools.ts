import type { IncomingEvent, StoreLanes } from '@hookline/core';
import { openLane, openOtherLanes, openSpool } from './folders.ts';
import type { Spool, SpoolOptions } from './spool.ts';

/** The spools of this process: one for each lane of its store, or one for all of it. */
export interface OwnSpools {
  /** Who has it has all that is under its number. */
  readonly lock: Spool;
  /** By lane. */
  readonly lanes: readonly [Spool, ...Spool[]];
  /** What found no room in today's lanes. */
  readonly left: readonly Spool[];
  close(): Promise<void>;
}

const MOVED_AT_ONCE = 256;

/**
 * Opens them, and puts what an earlier process left in other lanes, or in none, into today's: behind what is there, and
 * before anything that comes later.
 * @throws Error that names the folder and what to do, when the disk refuses
 */
export async function openOwn(options: SpoolOptions, lanes: StoreLanes | undefined): Promise<OwnSpools> {
  const lock = await openSpool(options);
  const spools: Spool[] = [];
  const others: Spool[] = [];
  const close = async () => {
    for (const spool of [...spools, ...others]) if (spool !== lock) await spool.close();
    await lock.close();
  };
  try {
    for (const name of lanes?.names ?? []) {
      const at = spools.length;
      const beside = () => sumOf(spools.filter((_, other) => other !== at));
      spools.push(await openLane({ ...options, beside }, lock, name));
    }
    if (lanes === undefined) spools.push(lock);
    others.push(...(await openOtherLanes(options, lock, lanes?.names ?? [])));
    const [first = lock, ...more] = spools;
    const laneOf = (event: IncomingEvent) => spools[lanes?.of(event) ?? 0] ?? first;
    const left: Spool[] = [];
    for (const spool of lanes === undefined ? others : [lock, ...others])
      if (!(await moveAll(spool, laneOf))) left.push(spool);
    return { lock, lanes: [first, ...more], left, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Each event is in the other spool before it leaves this one. @returns whether there was room for all */
async function moveAll(from: Spool, laneOf: (event: IncomingEvent) => Spool): Promise<boolean> {
  while (from.size > 0) {
    const entries = await from.first(MOVED_AT_ONCE);
    const kept = await Promise.all(entries.map(({ event }) => laneOf(event).append(event)));
    if (kept.includes('full')) return false;
    await from.remove(entries);
  }
  return true;
}

function sumOf(spools: readonly Spool[]): number {
  return spools.reduce((sum, { bytes }) => sum + bytes, 0);
}
