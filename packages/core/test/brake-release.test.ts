import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  brakedState,
  nextBrakeStep,
  releasedState,
  type BrakeFacts,
  type BrakeState,
  type BrakeStep,
} from '../src/brake-release.ts';

const NONE: BrakeFacts = { held: 0, underWay: 0, succeeded: 0, failed: 0, other: 0, isPaused: false };
const step = (state: BrakeState, facts: Partial<BrakeFacts>, now: number) =>
  nextBrakeStep(state, { ...NONE, ...facts }, now, 0);

function gone(taken: ReturnType<typeof step>) {
  if (taken.kind === 'lift') throw new Error('the brake was lifted');
  return taken;
}

describe('a braked handler', () => {
  it('is probed after 5 s, with one delivery', () => {
    const state = brakedState(0, 0);
    expect(gone(step(state, { held: 100 }, 4_999)).lets).toBe(0);
    const probed = gone(step(state, { held: 100 }, 5_000));
    expect(probed.lets).toBe(1);
    expect(gone(step(probed.state, { held: 99, underWay: 1 }, 6_000)).lets).toBe(0);
  });

  it('is probed at growing intervals while that fails, up to two minutes', () => {
    let state = brakedState(0, 0);
    const waits: number[] = [];
    for (let now = 0, nth = 0; nth < 7; nth += 1) {
      if (state.phase !== 'probing') throw new Error('it lets go');
      waits.push(state.nextAt - now);
      now = state.nextAt;
      const probed = gone(step(state, { held: 9 }, now));
      expect(probed.lets).toBe(1);
      state = gone(step(probed.state, { held: 9, failed: 1 }, now)).state;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 120, 120].map((seconds) => seconds * 1_000));
    expect(brakedState(0, 0.5)).toMatchObject({ nextAt: 4_500 });
  });

  it('is probed again at the same interval when the probe fails otherwise, or never ran', () => {
    const probed = gone(step(brakedState(0, 0), { held: 9 }, 5_000));
    const next = gone(step(probed.state, { held: 9, other: 1 }, 5_100));
    expect(next.state).toEqual({ phase: 'probing', round: 0, nextAt: 10_100 });
  });

  it('is probed with another one when a probe hangs, and not with more than three', () => {
    let state = brakedState(0, 0);
    let underWay = 0;
    for (let now = 0; now <= 3_600_000; now += 1_000) {
      const taken = gone(step(state, { held: 9, underWay }, now));
      underWay += taken.lets;
      state = taken.state;
    }
    expect(underWay).toBe(3);
  });

  it('lets go after a probe that succeeded: nothing in that second, then ten, then twice as many each second', () => {
    let state = gone(step(brakedState(0, 0), { held: 10_000, succeeded: 1 }, 5_000)).state;
    const lets: number[] = [];
    for (let now = 5_000, last = 0; now < 11_000; now += 250) {
      const taken = gone(step(state, { held: 10_000, succeeded: last }, now));
      state = taken.state;
      last = taken.lets;
      lets.push(taken.lets);
    }
    const seconds = Array.from({ length: 6 }, (_, second) =>
      lets.slice(second * 4, second * 4 + 4).reduce((sum, each) => sum + each, 0),
    );
    expect(seconds).toEqual([0, 10, 20, 40, 80, 160]);
  });

  it.each([
    [2, 1],
    [20, 1],
    [100, 5],
    [200, 10],
    [100_000, 10],
  ])('of %i that wait, lets %i go at first', (held, lets) => {
    expect(gone(step(releasedState(0), { held }, 999)).lets).toBe(0);
    expect(gone(step(releasedState(0), { held }, 1_000))).toMatchObject({ lets, state: { quota: lets } });
  });

  it('does not let go of more while those that it let go have not succeeded', () => {
    let state = releasedState(0);
    let underWay = 0;
    for (let now = 0; now < 60_000; now += 250) {
      const taken = gone(step(state, { held: 10_000, underWay }, now));
      state = taken.state;
      underWay += taken.lets;
    }
    expect(underWay).toBe(10);
  });

  it('is on again as soon as one fails as before, and takes back what may pass', () => {
    const taken = gone(step(releasedState(0), { held: 400, succeeded: 5, failed: 1 }, 2_000));
    expect(taken).toMatchObject({
      lets: 0,
      revokes: true,
      state: { phase: 'probing', round: 1, nextAt: 12_000 },
    });
  });

  it('is lifted when what waits is no more than may go', () => {
    const { state } = gone(step(releasedState(0), { held: 200 }, 1_000));
    expect(step(state, { held: 20, succeeded: 10 }, 2_000)).toEqual({ kind: 'lift' });
    expect(step(state, { held: 21, succeeded: 10 }, 2_000)).toMatchObject({ kind: 'go-on', lets: 20 });
    expect(step(state, { held: 20, succeeded: 9, underWay: 1 }, 2_000)).toMatchObject({
      kind: 'go-on',
      lets: 9,
    });
  });

  it('is not lifted with more than one step may let go', () => {
    const state: BrakeState = { phase: 'releasing', round: 0, quota: 500, since: 0, given: 0, proven: 0 };
    expect(step(state, { held: 201 }, 1)).toMatchObject({ kind: 'go-on', lets: 200 });
    expect(step(state, { held: 200 }, 1)).toEqual({ kind: 'lift' });
  });

  it('is lifted when nothing has waited for five minutes', () => {
    expect(step(brakedState(0, 0), {}, 304_999).kind).toBe('go-on');
    expect(step(brakedState(0, 0), {}, 305_000).kind).toBe('lift');
  });

  it('gets nothing while an operator has paused it as well', () => {
    expect(gone(step(brakedState(0, 0), { held: 9, isPaused: true }, 600_000)).lets).toBe(0);
    expect(gone(step(releasedState(0), { held: 9, isPaused: true }, 600_000)).lets).toBe(0);
  });
});

interface World {
  /** When the downstream does not answer. */
  readonly away: readonly { readonly from: number; readonly until: number }[];
  /** Milliseconds that an attempt takes. */
  readonly took: number;
  /** Deliveries that come in each second. */
  readonly rate: number;
  /** Deliveries that wait when the brake goes on. */
  readonly backlog: number;
  /** Of so many attempts one fails in its own way. */
  readonly others: number;
}

interface Running {
  readonly begun: number;
  /** Taken away when the brake is on again: then it says nothing any more. */
  passes: boolean;
}

const TICK_MS = 250;
const HOUR = 3_600_000;

/** Deliveries and a downstream that is away at times, behind a brake that goes on at 0. */
class Downstream {
  readonly #world: World;
  held: number;
  running: Running[] = [];
  readonly begun: number[] = [];
  readonly end: number;
  came: number;
  #came = 0;
  handled = 0;
  /** Attempts that failed in their own way: the only ones that are spent. */
  spent = 0;
  #tried = 0;

  constructor(world: World) {
    this.#world = world;
    this.held = world.backlog;
    this.came = world.backlog;
    this.end = world.away.at(-1)?.until ?? 0;
  }

  /** What the last tick came to. */
  facts(now: number): BrakeFacts {
    const { rate, took } = this.#world;
    this.#came += rate * (TICK_MS / 1_000);
    const came = Math.floor(this.#came);
    this.#came -= came;
    this.held += came;
    this.came += came;
    const over = this.running.filter(({ begun }) => begun + took <= now);
    this.running = this.running.filter(({ begun }) => begun + took > now);
    const ends = over.map((each) => [this.#end(each), each.passes] as const);
    const counted = (kind: string) => ends.filter(([end, passes]) => end === kind && passes).length;
    return {
      held: this.held,
      underWay: this.running.filter(({ passes }) => passes).length,
      succeeded: counted('succeeded'),
      failed: counted('failed'),
      other: counted('other'),
      isPaused: false,
    };
  }

  #end({ begun }: Running): 'succeeded' | 'failed' | 'other' {
    if (this.#world.away.some(({ from, until }) => begun >= from && begun < until)) {
      this.held += 1;
      return 'failed';
    }
    this.#tried += 1;
    if (this.#tried % this.#world.others === 0) {
      this.spent += 1;
      return 'other';
    }
    this.handled += 1;
    return 'succeeded';
  }

  let(count: number, now: number): void {
    this.held -= count;
    for (let nth = 0; nth < count; nth += 1) this.running.push({ begun: now, passes: true });
    this.begun.push(...Array.from({ length: count }, () => now));
  }
}

/** Takes the steps until the brake is lifted. */
function driveUntilLifted(world: World, random: () => number) {
  const downstream = new Downstream(world);
  let state = brakedState(0, random());
  let waitedAtEnd: number | undefined;
  for (let now = 0; now < downstream.end + HOUR; now += TICK_MS) {
    const facts = downstream.facts(now);
    if (now >= downstream.end) waitedAtEnd ??= state.phase === 'probing' ? facts.held : Infinity;
    const taken = nextBrakeStep(state, facts, now, random());
    if (taken.kind === 'lift') {
      expect(state.phase === 'releasing' || facts.held === 0).toBe(true);
      return { downstream, waitedAtEnd: waitedAtEnd ?? Infinity };
    }
    checkAllowed(state, taken, facts, now);
    if (taken.revokes) for (const each of downstream.running) each.passes = false;
    downstream.let(taken.lets, now);
    state = taken.state;
  }
  throw new Error(`still ${JSON.stringify(state)} an hour after the downstream was back`);
}

function checkAllowed(
  before: BrakeState,
  { state, lets }: Extract<BrakeStep, { kind: 'go-on' }>,
  { held, underWay }: BrakeFacts,
  now: number,
): void {
  if (lets === 0) return;
  expect(lets).toBeLessThanOrEqual(held);
  if (state.phase === 'probing') {
    expect([before.phase, lets]).toEqual(['probing', 1]);
    expect(before.phase === 'probing' && before.nextAt).toBeLessThanOrEqual(now);
    expect(underWay).toBeLessThan(3);
  } else {
    expect(before.phase).toBe('releasing');
    expect(Math.max(state.given, underWay + lets)).toBeLessThanOrEqual(state.quota);
  }
}

const worlds: fc.Arbitrary<World> = fc.record({
  away: fc
    .array(
      fc.record({
        back: fc.integer({ min: 0, max: 120_000 }),
        away: fc.integer({ min: 1_000, max: 1_800_000 }),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((turns) => {
      let until = 0;
      return turns.map(({ back, away }, nth) => {
        const from = nth === 0 ? 0 : until + back;
        until = from + away;
        return { from, until };
      });
    }),
  took: fc.integer({ min: 0, max: 20_000 }),
  rate: fc.constantFrom(0, 1, 5),
  backlog: fc.integer({ min: 1, max: 3_000 }),
  others: fc.integer({ min: 3, max: 50 }),
});

describe('the way out of a brake, whatever the downstream does', () => {
  it('lets through no more than its phase allows, spends no attempt on what it holds, and ends when the downstream is back', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }),
        (world, randoms) => {
          let nth = 0;
          const random = () => randoms[(nth += 1) % randoms.length] ?? 0;
          const { downstream, waitedAtEnd } = driveUntilLifted(world, random);
          const { held, running, handled, spent, came, begun, end } = downstream;
          // Nothing is lost, and what failed with the downstream waits as before.
          expect(held + running.length + handled + spent).toBe(came);
          const first = begun.find((at) => at >= end) ?? Infinity;
          const atFirst = begun.filter((at) => at >= first && at < first + 1_000).length;
          expect(atFirst).toBeLessThanOrEqual(Math.max(1, waitedAtEnd * 0.05));
        },
      ),
      { numRuns: 30 },
    );
  });
});
