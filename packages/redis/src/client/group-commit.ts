/**
 * What arrives while a call is in flight goes together in the next: one script call for many costs the process and Redis
 * less than half of as many calls. Who comes when nothing is in flight waits for nobody, nor do many at once.
 */
export interface GroupCommitOptions<Item, Answer> {
  /** Makes one call for all of them. @returns an answer for each in turn */
  readonly commit: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly sizeOf: (item: Item) => number;
  /** Items in one call. Default 100. */
  readonly most?: number;
  /** Milliseconds after which who waits behind a call gets one of its own: there is a deadline. Default 20. */
  readonly patience?: number;
}

interface Waiter<Item, Answer> {
  readonly item: Item;
  readonly size: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** Redis does nothing else while it runs a script. */
const MOST_ITEMS = 100;
/** At 100 Mbit/s so many bytes are 20 ms on the wire. One item may be larger. */
const MOST_BYTES = 256 * 1024;
/** So many need not wait for the call before theirs: while Redis runs one, the next is put together and sent. */
const ENOUGH_ITEMS = 8;
const MOST_AHEAD = 3;
const PATIENCE_MS = 20;

export class GroupCommit<Item, Answer> {
  readonly #options: GroupCommitOptions<Item, Answer>;
  #waiting: Waiter<Item, Answer>[] = [];
  #inFlight = 0;
  #isDue = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(options: GroupCommitOptions<Item, Answer>) {
    this.#options = options;
  }

  /** @throws whatever the call throws that it goes in */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, size: this.#options.sizeOf(item), resolve, reject });
      const isEnough = this.#waiting.length >= ENOUGH_ITEMS && this.#inFlight < MOST_AHEAD;
      if (this.#inFlight === 0 || isEnough) this.#goSoon();
      else this.#patience ??= setTimeout(() => this.#go(), this.#options.patience ?? PATIENCE_MS).unref();
    });
  }

  /** After everything that has arrived by now was read, so that what came at one time goes together. */
  #goSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#go());
  }

  #go(): void {
    this.#isDue = false;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    while (this.#waiting.length > 0) void this.#send(this.#takeGroup());
  }

  #takeGroup(): readonly Waiter<Item, Answer>[] {
    let count = 0;
    for (
      let bytes = 0;
      count < Math.min(this.#waiting.length, this.#options.most ?? MOST_ITEMS);
      count += 1
    ) {
      bytes += this.#waiting[count]?.size ?? 0;
      if (bytes > MOST_BYTES && count > 0) break;
    }
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return group;
  }

  async #send(group: readonly Waiter<Item, Answer>[]): Promise<void> {
    this.#inFlight += 1;
    try {
      const answers = await this.#options.commit(group.map(({ item }) => item));
      for (const [index, waiter] of group.entries()) waiter.resolve(answers[index] as Answer);
    } catch (error) {
      for (const waiter of group) waiter.reject(error);
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0 && this.#waiting.length > 0) this.#go();
    }
  }
}
