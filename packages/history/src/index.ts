export { HistoryError, type HistoryProblem } from './schema/history-error.ts';
export { openHistory } from './open.ts';
export { parseSearch, type ParsedSearch } from './query/parse.ts';
export { printSearch } from './query/print.ts';
