/** What one of several lists holds from one place up to another, both counted, as Bull Board asks for it. */
export type ReadRange<Item> = (start: number, end: number) => Promise<readonly Item[]>;

/**
 * A page of several lists as of one that holds everything of them. Each is sorted by itself, the highest rank first; each is
 * read no further than the page needs, a page's length at a time.
 * @param start the first place of the page, and `end` the last
 */
export async function mergePage<Item>(
  lists: readonly ReadRange<Item>[],
  rankOf: (item: Item) => number,
  start: number,
  end: number,
): Promise<Item[]> {
  const heads = lists.map((read) => new Head(read, end - start + 1));
  await Promise.all(heads.map((head) => head.fill()));
  const page: Item[] = [];
  for (let place = 0; place <= end; place += 1) {
    const next = highest(heads, rankOf);
    if (next === undefined) break;
    const item = next.take();
    if (item !== undefined && place >= start) page.push(item);
    if (place < end) await next.fill();
  }
  return page;
}

/** What is next of one list. */
class Head<Item> {
  readonly #read: ReadRange<Item>;
  readonly #length: number;
  #items: readonly Item[] = [];
  #taken = 0;
  #at = 0;
  #isOver = false;

  constructor(read: ReadRange<Item>, length: number) {
    this.#read = read;
    this.#length = length;
  }

  get next(): Item | undefined {
    return this.#items[this.#taken];
  }

  take(): Item | undefined {
    const { next } = this;
    this.#taken += 1;
    return next;
  }

  /** Sees to it that `next` is known. A place whose job is gone is none. */
  async fill(): Promise<void> {
    while (!this.#isOver && this.next === undefined) {
      const from = this.#at;
      this.#at += this.#length;
      [this.#items, this.#taken] = [await this.#read(from, this.#at - 1), 0];
      this.#isOver = this.#items.length === 0;
    }
  }
}

function highest<Item>(heads: readonly Head<Item>[], rankOf: (item: Item) => number): Head<Item> | undefined {
  let [found, most] = [undefined as Head<Item> | undefined, -Infinity];
  for (const head of heads) {
    if (head.next === undefined) continue;
    const rank = rankOf(head.next);
    if (found === undefined || rank > most) [found, most] = [head, rank];
  }
  return found;
}
