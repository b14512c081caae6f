/** What `within` gives in place of an answer that takes too long. */
export const LATE: unique symbol = Symbol('late');

/** The answer, or `LATE` when it takes longer; what was asked goes on. Rejects as the answer does. */
export function within<T>(ms: number, answer: Promise<T>): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(LATE), Math.max(0, ms));
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
