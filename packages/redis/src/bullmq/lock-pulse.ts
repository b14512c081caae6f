/** Milliseconds of a clock that all threads share and nobody sets, as 31 bits. */
function tick(): number {
  return Number((process.hrtime.bigint() / 1_000_000n) & 0x7f_ff_ff_ffn);
}

function since(then: number): number {
  return (tick() - then) & 0x7f_ff_ff_ff;
}

const PLACES = { alive: 0, renewed: 1, steady: 2 } as const;
const NEVER = -1;

/**
 * What the thread that works and the one that renews its locks know of each other: a few numbers that both can read,
 * whatever the other one is at.
 */
export class LockPulse {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(Object.keys(PLACES).length * 4);
    this.#cells = new Int32Array(this.memory);
    if (memory === undefined) this.#cells.fill(NEVER);
  }

  /** The thread that works is not standing still. */
  beat(): void {
    Atomics.store(this.#cells, PLACES.alive, tick());
  }

  /** Milliseconds since it said so. */
  get stillFor(): number {
    return this.#ageOf(PLACES.alive);
  }

  /** Redis has answered. @param within milliseconds after which the answers before it do not count any more */
  renewed(within: number): void {
    if (this.unrenewedFor > within) Atomics.store(this.#cells, PLACES.steady, tick());
    Atomics.store(this.#cells, PLACES.renewed, tick());
  }

  /** Milliseconds since Redis answered. */
  get unrenewedFor(): number {
    return this.#ageOf(PLACES.renewed);
  }

  /** Milliseconds since when Redis has answered again and again. */
  get steadyFor(): number {
    return Atomics.load(this.#cells, PLACES.steady) === NEVER ? 0 : this.#ageOf(PLACES.steady);
  }

  #ageOf(place: number): number {
    const at = Atomics.load(this.#cells, place);
    return at === NEVER ? Number.POSITIVE_INFINITY : since(at);
  }
}
