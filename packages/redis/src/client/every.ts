import { setTimeout as wait } from 'node:timers/promises';

/**
 * Takes a step again and again, `interval` ms after the last one has ended, and never keeps the process from ending.
 * A step that fails is told of, and the next one comes all the same.
 */
export function every(
  interval: number,
  step: () => Promise<unknown>,
  onError: (error: unknown) => void,
): { stop(): void } {
  const over = new AbortController();

  async function goOn(): Promise<void> {
    while (!over.signal.aborted) {
      await wait(interval, undefined, { signal: over.signal, ref: false });
      await step().catch(onError);
    }
  }

  goOn().catch(() => undefined);
  return { stop: () => over.abort() };
}
