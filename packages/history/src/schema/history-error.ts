/** What is wrong with the history, for who has to decide what to do. */
export type HistoryProblem =
  | 'unreachable'
  | 'newer'
  | 'full'
  | 'not-a-history'
  | 'damaged'
  | 'busy'
  | 'refused';

/** Says what happened to the history and what to do about it; never holds a password. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly problem: HistoryProblem;

  constructor(problem: HistoryProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
