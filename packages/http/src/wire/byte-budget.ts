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

type Size = 'small' | 'large';
const NOBODY: Holder = { peer: '' };

/**
 * The bytes that all requests together may hold in memory. Bytes count when they have come, not when they are
 * announced: whoever only announces would keep the others out for nothing. Nobody can hold all of it: once half is
 * in use, a peer may have a quarter and a source three, and the last eighth is for small bodies. A share always has
 * room for one body.
 */
export class ByteBudget {
  readonly #total: number;
  readonly #held = new Map<string, number>();
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
    let size: Size = announced > SMALL ? 'large' : 'small';
    return {
      take: (bytes) => {
        if (size === 'small' && held + bytes > SMALL) {
          this.#count(holder, size, -held);
          size = 'large';
          this.#count(holder, size, held);
        }
        if (!this.#hasRoom(holder, size, held, bytes)) return false;
        this.#count(holder, size, bytes);
        this.#used += bytes;
        held += bytes;
        return true;
      },
      release: () => {
        this.#count(holder, size, -held);
        this.#used -= held;
        held = 0;
      },
    };
  }

  #hasRoom(holder: Holder, size: Size, held: number, bytes: number): boolean {
    const total = this.#total;
    const after = this.#used + bytes;
    const isAlone = this.#used === held;
    if (after > (size === 'small' || isAlone ? total : total * (1 - RESERVE))) return false;
    if (after <= total * FREE_FOR_ALL) return true;
    return sharesOf(holder, size).every(([key, share]) => {
      const ofOthers = (this.#held.get(key) ?? 0) - held;
      return ofOthers === 0 || ofOthers + held + bytes <= total * share;
    });
  }

  #count(holder: Holder, size: Size, bytes: number): void {
    for (const [key] of sharesOf(holder, size)) {
      const now = (this.#held.get(key) ?? 0) + bytes;
      if (now > 0) this.#held.set(key, now);
      else this.#held.delete(key);
    }
  }
}

function sharesOf({ peer, source }: Holder, size: Size): readonly (readonly [key: string, share: number])[] {
  if (size === 'small') return [[`small/${peer}`, SMALL_SHARE]];
  const ofPeer = [`peer/${peer}`, PEER_SHARE] as const;
  return source === undefined ? [ofPeer] : [ofPeer, [`source/${source}`, SOURCE_SHARE]];
}
