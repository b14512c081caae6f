import type { Partition } from '../client/partition.ts';
import type { FoundLost, LostWork } from './lost-work.ts';

/**
 * Entries of BullMQ's lists that one sweep reads at most, half of them to find a page's jobs where they should be and
 * half to go on through a long list. As many are 2 ms of Redis's time; asking for jobs one by one costs a search through
 * the whole list each, 10 ms where a million wait.
 */
const ENTRIES_PER_SWEEP = 20_000;
const CHUNK = 1_000;
/** What a look at an empty list counts for. */
const CHEAPEST = 50;
/** What `requeue` looks through by itself: nothing of a list that is no longer can hide from it. */
const SHORT = 10_000;
/** Under suspicion at a time; finding goes on when the long lists have been read for these. */
const MOST_SUSPECTS = 5_000;
/** A list grows at its head and loses jobs anywhere: so much of what was read before is read again. */
const OVERLAP = 1_000;
const LISTS = ['active', 'wait', 'paused'] as const;

/** One way through the lists of a queue, from their heads on: what is added meanwhile only pushes entries back. */
interface Pass {
  readonly queue: string;
  readonly suspects: Map<string, LostWork>;
  readonly paused: string | null;
  list: number;
  cursor: number;
}

/**
 * Says which work that seems lost is in a list after all. A short list is read at once. In a long one a page of work is
 * looked for where its age puts it; what is not there is under suspicion until the list has been read from end to end,
 * over many sweeps.
 */
export class ListSearch {
  readonly #partition: Partition;
  /** How far from its place by age a list's work was found last, by kind of work and queue. */
  readonly #offsets = new Map<string, number>();
  /** By queue, then by job. */
  readonly #suspects = new Map<string, Map<string, LostWork>>();
  #pass: Pass | undefined;
  #left = 0;

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  /** Another sweep begins. */
  begin(): void {
    this.#left = ENTRIES_PER_SWEEP;
  }

  /** Whether another page can be looked for in this sweep. */
  get hasRoom(): boolean {
    let suspects = this.#pass?.suspects.size ?? 0;
    for (const those of this.#suspects.values()) suspects += those.size;
    return this.#left > ENTRIES_PER_SWEEP / 2 && suspects < MOST_SUSPECTS;
  }

  /** @returns those of a page that are in no list; those of long lists come from `goOn` later */
  async withoutListed(page: string, { lost, before }: FoundLost): Promise<readonly LostWork[]> {
    const sure = lost.filter(({ where }) => where !== 'unlisted');
    const byQueue = new Map<string, Map<string, LostWork>>();
    for (const work of lost) {
      if (work.where !== 'unlisted' || this.#isSuspect(work)) continue;
      const those = byQueue.get(work.queue) ?? new Map<string, LostWork>();
      byQueue.set(work.queue, those.set(work.jobId, work));
    }
    for (const [queue, unlisted] of byQueue) {
      await this.#dropNear(queue, `${page}/${queue}`, before, unlisted);
      if (await this.#isShort(queue)) {
        await this.#dropListed(queue, unlisted);
        sure.push(...unlisted.values());
      } else if (unlisted.size > 0) {
        const suspects = this.#suspects.get(queue) ?? new Map<string, LostWork>();
        for (const [jobId, work] of unlisted) suspects.set(jobId, work);
        this.#suspects.set(queue, suspects);
      }
    }
    return sure;
  }

  /** Goes on through a long list. @returns the suspects of a whole pass that were not met */
  async goOn(): Promise<readonly LostWork[]> {
    const half = Math.min(this.#left, ENTRIES_PER_SWEEP / 2);
    const stop = this.#left - half;
    while (this.#left > stop) {
      const pass = (this.#pass ??= await this.#nextPass());
      if (pass === undefined) return [];
      if (await this.#isPausedOtherwise(pass)) {
        // The whole list has another name now.
        pass.list = pass.cursor = 0;
        this.#pass = { ...pass, paused: await this.#paused(pass.queue) };
        return [];
      }
      pass.cursor = Math.max(0, pass.cursor - OVERLAP);
      if (await this.#read(pass, stop)) {
        this.#pass = undefined;
        return [...pass.suspects.values()];
      }
    }
    return [];
  }

  /** Reads until the end, until nothing is under suspicion, or as far as this sweep may. @returns whether all is read */
  async #read(pass: Pass, stop: number): Promise<boolean> {
    while (pass.suspects.size > 0 && this.#left > stop) {
      const list = LISTS[pass.list];
      if (list === undefined) return true;
      const ids = await this.#chunk(pass.queue, list, pass.cursor);
      for (const id of ids) pass.suspects.delete(id);
      if (ids.length < CHUNK) [pass.list, pass.cursor] = [pass.list + 1, 0];
      else pass.cursor += CHUNK;
    }
    return pass.suspects.size === 0 || pass.list === LISTS.length;
  }

  async #nextPass(): Promise<Pass | undefined> {
    const [next] = this.#suspects;
    if (next === undefined) return undefined;
    const [queue, suspects] = next;
    this.#suspects.delete(queue);
    return { queue, suspects, paused: await this.#paused(queue), list: 0, cursor: 0 };
  }

  #isSuspect({ queue, jobId }: LostWork): boolean {
    const isInPass = this.#pass?.queue === queue && this.#pass.suspects.has(jobId);
    return isInPass || this.#suspects.get(queue)?.has(jobId) === true;
  }

  async #isShort(queue: string): Promise<boolean> {
    const { connection, keys } = this.#partition;
    const lengths = await Promise.all(LISTS.map((list) => connection.llen(keys.bullJob(queue, list))));
    return lengths.every((length) => length <= SHORT);
  }

  async #dropListed(queue: string, unlisted: Map<string, LostWork>): Promise<void> {
    for (const list of LISTS) {
      for (let end = -1; unlisted.size > 0 && end >= -SHORT; end -= CHUNK) {
        // The oldest work is at the end that is worked on first.
        const ids = await this.#chunk(queue, list, end - CHUNK + 1);
        for (const id of ids) unlisted.delete(id);
        if (ids.length < CHUNK) break;
      }
    }
  }

  /** Where all of a queue's work waits in the order of its age, as much is behind a page as is older than it. */
  async #dropNear(
    queue: string,
    name: string,
    before: number,
    unlisted: Map<string, LostWork>,
  ): Promise<void> {
    const list = (await this.#paused(queue)) === null ? 'wait' : 'paused';
    const expected = Math.max(0, before + (this.#offsets.get(name) ?? 0));
    for (const start of [expected, expected + CHUNK, Math.max(0, expected - CHUNK)]) {
      if (unlisted.size === 0) return;
      const ids = await this.#chunk(queue, list, -start - CHUNK);
      const first = ids.findLastIndex((id) => unlisted.has(id));
      if (first >= 0) this.#offsets.set(name, start + ids.length - 1 - first - before);
      for (const id of ids) unlisted.delete(id);
    }
  }

  /** A thousand entries from `start` on, which counts from the end where it is negative. */
  async #chunk(queue: string, list: string, start: number): Promise<readonly string[]> {
    const { connection, keys } = this.#partition;
    const ids = await connection.lrange(keys.bullJob(queue, list), start, start + CHUNK - 1);
    this.#left -= Math.max(ids.length, CHEAPEST);
    return ids;
  }

  #paused(queue: string): Promise<string | null> {
    const { connection, keys } = this.#partition;
    return connection.hget(keys.bullJob(queue, 'meta'), 'paused');
  }

  async #isPausedOtherwise({ queue, paused }: Pass): Promise<boolean> {
    return (await this.#paused(queue)) !== paused;
  }
}
