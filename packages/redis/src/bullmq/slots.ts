/** What one consumer has of the slots of its queue. */
export interface OwnSlots {
  /** Waits until it may have some, at most so many. @returns how many; 0 once it is closed */
  take(most: number): Promise<number>;
  give(count: number): void;
  /** Whether what ends here has to leave its slot to a partition that has fewer. */
  mustYield(): boolean;
  /** Its Redis is away: what it holds does not count until that is back. */
  setAway(isAway: boolean): void;
  /** Takes no more. */
  close(): void;
}

/**
 * How many jobs of one queue this process runs at once, over all partitions. Who has the fewest of them comes first, so
 * that a partition with work without end does not keep the others waiting.
 */
export class Slots {
  readonly #count: number;
  readonly #all = new Set<Consumption>();

  constructor(count: number) {
    this.#count = count;
  }

  open(): OwnSlots {
    const own = new Consumption(this);
    this.#all.add(own);
    return own;
  }

  /** How many of the free ones one consumer may have, while others wait for theirs. */
  portionOf(asking: Consumption): number {
    const waiting = this.#waiting();
    if (waiting.length <= 1) return waiting[0] === asking ? Math.min(asking.wanted, this.#free()) : 0;
    const portions = new Map(waiting.map((each) => [each, 0]));
    const held = (each: Consumption) => each.held + (portions.get(each) ?? 0);
    for (let free = this.#free(); free > 0; free -= 1) {
      const [next] = [...portions]
        .filter(([each, portion]) => portion < each.wanted)
        .map(([each]) => each)
        .toSorted((one, other) => held(one) - held(other) || one.since - other.since);
      if (next === undefined) break;
      portions.set(next, (portions.get(next) ?? 0) + 1);
    }
    return portions.get(asking) ?? 0;
  }

  hasPoorerThan(own: Consumption): boolean {
    if (this.#all.size === 1) return false;
    return this.#waiting().some((each) => each !== own && (each.held === 0 || each.held + 1 < own.held));
  }

  /** Has everybody who waits look again. */
  changed(): void {
    if (this.#free() > 0) for (const each of this.#all) each.look();
  }

  forget(own: Consumption): void {
    this.#all.delete(own);
    this.changed();
  }

  #free(): number {
    let held = 0;
    for (const each of this.#all) if (!each.isAway) held += each.held;
    // Who was away and is back may have more than there are.
    return Math.max(0, this.#count - held);
  }

  #waiting(): readonly Consumption[] {
    return [...this.#all].filter(({ wanted, isAway }) => wanted > 0 && !isAway);
  }
}

let turns = 0;

class Consumption implements OwnSlots {
  readonly #slots: Slots;
  held = 0;
  /** How many it waits for, and since which turn. */
  wanted = 0;
  since = 0;
  isAway = false;
  #isClosed = false;
  look: () => void = () => undefined;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  async take(most: number): Promise<number> {
    this.since = turns += 1;
    this.wanted = most;
    try {
      while (!this.#isClosed) {
        const portion = this.#slots.portionOf(this);
        this.held += portion;
        if (portion > 0) return portion;
        await new Promise<void>((resolve) => (this.look = resolve));
      }
      return 0;
    } finally {
      this.wanted = 0;
    }
  }

  give(count: number): void {
    this.held -= count;
    if (this.#isClosed && this.held === 0) this.#slots.forget(this);
    else this.#slots.changed();
  }

  mustYield(): boolean {
    return this.#slots.hasPoorerThan(this);
  }

  setAway(isAway: boolean): void {
    this.isAway = isAway;
    this.#slots.changed();
  }

  close(): void {
    this.#isClosed = true;
    this.look();
    if (this.held === 0) this.#slots.forget(this);
  }
}
