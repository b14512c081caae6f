/** The answer, or `late` when it takes longer; what was asked goes on. Rejects as the answer does. */
export function inTime<T>(answer: Promise<T>, withinMs: number): Promise<T | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('late'), withinMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
