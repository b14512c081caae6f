import { setTimeout as wait } from 'node:timers/promises';

/** A loop that runs in the background. */
export interface Loop {
  /** Begins no step any more. @returns resolves when the one that is under way has ended */
  stop(): Promise<void>;
}

/**
 * Takes a step again and again, `interval` ms after the last one has ended, and never keeps the process from ending.
 * A step that fails is told of, and the next one comes all the same.
 * @param first whether the first step is taken at once, or after an interval like the others
 */
export function every(
  interval: number,
  step: () => Promise<unknown>,
  onError: (error: unknown) => void,
  first: 'at-once' | 'later' = 'later',
): Loop {
  const over = new AbortController();
  const pause = (): Promise<void> => wait(interval, undefined, { signal: over.signal, ref: false });

  async function goOn(): Promise<void> {
    if (first === 'later') await pause();
    while (!over.signal.aborted) {
      await step().catch(onError);
      await pause();
    }
  }

  const going = goOn().catch(() => undefined);
  return {
    stop() {
      over.abort();
      return going;
    },
  };
}
