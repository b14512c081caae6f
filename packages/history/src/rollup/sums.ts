import { MINUTE } from './blocks.ts';
import { addHistograms, EMPTY, histogramOf, type Histogram } from './histogram.ts';

/** What came in within a block. */
export interface EventSums {
  readonly events: number;
  readonly ack: Histogram;
  /** When the first and last of them were received. */
  readonly first: number;
  readonly last: number;
  /** From one minute with events to the next. */
  readonly gaps: Histogram;
}

/** What handlers did within a block. */
export interface AttemptSums {
  readonly succeeded: number;
  readonly retried: number;
  readonly dead: number;
  readonly run: Histogram;
  readonly wait: Histogram;
}

export interface RefusalSums {
  readonly refused: number;
}

/** What sums are kept of. */
export interface Sums {
  readonly events: EventSums;
  readonly attempts: AttemptSums;
  readonly refusals: RefusalSums;
}
export type SumKind = keyof Sums;

export const NO_ATTEMPTS: AttemptSums = { succeeded: 0, retried: 0, dead: 0, run: EMPTY, wait: EMPTY };

/** Adds what happened within two blocks, of which the first is the earlier one. */
export const ADD: { readonly [Kind in SumKind]: (earlier: Sums[Kind], later: Sums[Kind]) => Sums[Kind] } = {
  events: (earlier, later) => {
    const gap = Math.floor(later.first / MINUTE) - Math.floor(earlier.last / MINUTE);
    const gaps = addHistograms(earlier.gaps, later.gaps);
    return {
      events: earlier.events + later.events,
      ack: addHistograms(earlier.ack, later.ack),
      first: Math.min(earlier.first, later.first),
      last: Math.max(earlier.last, later.last),
      // Of two sources in one minute, there is none between them.
      gaps: gap > 0 ? addHistograms(gaps, histogramOf([[gap * MINUTE, 1]])) : gaps,
    };
  },
  attempts: (earlier, later) => ({
    succeeded: earlier.succeeded + later.succeeded,
    retried: earlier.retried + later.retried,
    dead: earlier.dead + later.dead,
    run: addHistograms(earlier.run, later.run),
    wait: addHistograms(earlier.wait, later.wait),
  }),
  refusals: (earlier, later) => ({ refused: earlier.refused + later.refused }),
};
