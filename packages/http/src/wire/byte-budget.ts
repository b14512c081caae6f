/** Who a body is from, and what it is for. */
export interface Holder {
  /** The sender's address. */
  readonly peer: string;
  /** The source of a webhook. */
  readonly source?: string;
}

/** What one body holds of the budget. */
export interface Hold {
  take(bytes: number): boolean;
  /** Gives everything back; once is enough. */
  release(): void;
}

/** A body up to here is small: nearly every webhook is. */
const SMALL = 64 * 2 ** 10;
/** What only small bodies may use, as a share of all. */
const RESERVE = 1 / 8;
/** Beyond this share of all, each peer and each source has only its own. */
const FREE_FOR_ALL = 1 / 2;
const PEER_SHARE = 1 / 4;
/** More than one peer can take, or that one would keep everybody from the source. */
const SOURCE_SHARE = 3 / 4;
/** Small bodies have shares of their own, or large ones of the same proxy would keep them out. */
const SMALL_SHARE = 1 / 16;

const NOBODY: Holder = { peer: '' };

/**
 * The bytes that all requests together may hold in memory. Bytes count when they have come, not when they are
 * announced: whoever only announces would keep the others out for nothing. Nobody can hold all of it: once half is
 * in use, a peer may have a quarter and a source three, and the last eighth is for small bodies. A share always has
 * room for one body.
 */
export class ByteBudget {
  readonly #total: number;
  readonly #small = new Map<string, number>();
  readonly #large = new Map<string, number>();
  readonly #ofSource = new Map<string, number>();
  #used = 0;

  constructor(total: number) {
    this.#total = total;
  }

  get used(): number {
    return this.#used;
  }

  /** @param announced the bytes that the body is said to have, 0 where nobody says */
  open(announced: number, holder: Holder = NOBODY): Hold {
    let held = 0;
    let isLarge = announced > SMALL;
    return {
      take: (bytes) => {
        if (!isLarge && held + bytes > SMALL) {
          this.#count(holder, isLarge, -held);
          isLarge = true;
          this.#count(holder, isLarge, held);
        }
        if (!this.#hasRoom(holder, isLarge, held, bytes)) return false;
        this.#count(holder, isLarge, bytes);
        this.#used += bytes;
        held += bytes;
        return true;
      },
      release: () => {
        if (held === 0) return;
        this.#count(holder, isLarge, -held);
        this.#used -= held;
        held = 0;
      },
    };
  }

  #hasRoom({ peer, source }: Holder, isLarge: boolean, held: number, bytes: number): boolean {
    const total = this.#total;
    const after = this.#used + bytes;
    const isAlone = this.#used === held;
    if (after > (!isLarge || isAlone ? total : total * (1 - RESERVE))) return false;
    if (after <= total * FREE_FOR_ALL) return true;
    const fits = (all: ReadonlyMap<string, number>, name: string, share: number) => {
      const ofOthers = (all.get(name) ?? 0) - held;
      return ofOthers === 0 || ofOthers + held + bytes <= total * share;
    };
    if (!isLarge) return fits(this.#small, peer, SMALL_SHARE);
    return (
      fits(this.#large, peer, PEER_SHARE) &&
      (source === undefined || fits(this.#ofSource, source, SOURCE_SHARE))
    );
  }

  #count({ peer, source }: Holder, isLarge: boolean, bytes: number): void {
    if (!isLarge) return count(this.#small, peer, bytes);
    count(this.#large, peer, bytes);
    if (source !== undefined) count(this.#ofSource, source, bytes);
  }
}

function count(all: Map<string, number>, name: string, bytes: number): void {
  const now = (all.get(name) ?? 0) + bytes;
  if (now > 0) all.set(name, now);
  else all.delete(name);
}
