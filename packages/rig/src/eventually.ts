/**
 * Waits until `check` neither throws nor answers false.
 * @param within milliseconds; after that what `check` threw, or that it never came true, is thrown
 * @returns what it answered
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  within = 60_000,
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + within;
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value as Exclude<T, false>;
      if (performance.now() > deadline) throw new Error('the condition did not come true in time');
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Asks until the answer fits. @returns that answer */
export async function eventuallyFits<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const [answer] = await eventually(async () => {
    const given = await ask();
    if (!fits(given)) throw new Error(`the answer did not fit in time: ${JSON.stringify(given)}`);
    return [given] as const;
  });
  return answer;
}
