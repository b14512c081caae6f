import type { History } from '@hookline/core';
import type { Ask } from './desk.ts';
import type { Refused } from './route.ts';

const NO_HISTORY = {
  kind: 'problem',
  problem: {
    status: 503,
    error: 'no_history',
    title: 'There is no history',
    detail: 'HISTORY_URL is off, or what it names cannot be reached now.',
  },
} as const satisfies Refused;

/** Answers from the history, or says that there is none. */
export async function withHistory<Answer>(
  { desk }: Ask,
  use: (history: History) => Promise<Answer>,
): Promise<Answer | Refused> {
  const history = desk.history();
  return history === undefined ? NO_HISTORY : use(history);
}
