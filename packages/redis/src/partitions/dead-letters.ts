import { DEAD_LETTER_QUEUE, type DeadLetter } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';
import * as single from '../operators/dead-letters.ts';
import { answersOf, firstOf } from './ask.ts';

/**
 * What operators do with the dead letters of all partitions.
 * @param by the operator who asks: each act is written down
 */
export function openDeadLetters(
  partitions: Partitions,
  now: () => number = Date.now,
  by?: string,
): single.DeadLetters {
  const all = new Map(
    partitions.all.map((partition) => [partition, single.openDeadLetters(partition, now, by)] as const),
  );
  const [first = single.openDeadLetters(partitions.home, now, by)] = all.values();
  return all.size === 1 ? first : new MergedDeadLetters(partitions, all);
}

type Letters = ReadonlyMap<Partition, single.DeadLetters>;

class MergedDeadLetters implements single.DeadLetters {
  readonly #partitions: Partitions;
  readonly #all: Letters;
  /** Where the last page ended: in all, and in each partition. Who reads on needs none of those before it. */
  #end = { at: 0, places: new Map<Partition, number>() };

  constructor(partitions: Partitions, all: Letters) {
    this.#partitions = partitions;
    this.#all = all;
  }

  async list(from: number, count: number): Promise<readonly DeadLetter[]> {
    const { at, places } = from >= this.#end.at ? this.#end : { at: 0, places: new Map<Partition, number>() };
    const most = from - at + count;
    const pages = await answersOf(this.#partitions, async (partition) => {
      const letters = await this.#lettersOf(partition).list(places.get(partition) ?? 0, most);
      // Each list is taken in its own order, whatever the clocks of those who buried said.
      let at = 0;
      return letters.map((letter) => ({ partition, letter, at: (at = Math.max(at, letter.buriedAt)) }));
    });
    const oldest = pages
      .flat()
      .toSorted((a, b) => a.at - b.at)
      .slice(0, most);
    const reached = new Map(places);
    for (const { partition } of oldest) reached.set(partition, (reached.get(partition) ?? 0) + 1);
    this.#end = { at: at + oldest.length, places: reached };
    return oldest.slice(from - at).map(({ letter }) => letter);
  }

  async count(): Promise<number> {
    const counts = await answersOf(this.#partitions, (partition) => this.#lettersOf(partition).count());
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async replay(id: string): Promise<single.Replayed> {
    return (await this.#holderOf(id)).replay(id);
  }

  async discard(id: string): Promise<boolean> {
    return (await this.#holderOf(id)).discard(id);
  }

  /** What no partition holds is asked of home, which says so and writes down who tried. */
  async #holderOf(id: string): Promise<single.DeadLetters> {
    const holder = await firstOf(this.#partitions, async (partition) => {
      const { connection, keys } = partition;
      return (await connection.exists(keys.bullJob(DEAD_LETTER_QUEUE, id))) === 1 ? partition : undefined;
    });
    return this.#lettersOf(holder ?? this.#partitions.home);
  }

  #lettersOf(partition: Partition): single.DeadLetters {
    const letters = this.#all.get(partition);
    if (letters === undefined) throw new Error(`${partition.prefix} is none of these partitions`);
    return letters;
  }
}
