/** Deaths after which work is suspected of having caused them; one or two are what deploys and machines cost. */
const SUSPECT_AFTER = 3;

/**
 * Keeps suspects apart. Jobs that lost a worker together come back together, into one worker again: without this,
 * what kills its worker takes the same innocents along until they, too, are given up (seen in the fault
 * case `poison`). In each process suspects run one at a time, and only the one that had begun counts a death.
 */
export interface Quarantine {
  /**
   * Waits for its turn, if it needs one.
   * @param stalls how many workers died or stopped answering while they had the job
   * @returns the way to give the turn to the next
   */
  enter(stalls: number): Promise<() => void>;
}

export function createQuarantine(): Quarantine {
  let last: Promise<void> = Promise.resolve();
  return {
    async enter(stalls) {
      if (stalls < SUSPECT_AFTER) return () => undefined;
      const before = last;
      let leave: () => void = () => undefined;
      last = new Promise((resolve) => {
        leave = resolve;
      });
      await before;
      return leave;
    },
  };
}
