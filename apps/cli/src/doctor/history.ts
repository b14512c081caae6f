import { note, ok, wrong, type Finding } from './finding.ts';

export interface SeenHistory {
  /** `absent`: there is none on this machine, and none is named. */
  readonly state: 'open' | 'off' | 'absent' | { readonly problem: string };
  /** Whether somebody records it. */
  readonly isRecorded: boolean;
  /** Milliseconds that it is behind. */
  readonly lag: number;
}

const BEHIND_MS = 30_000;

/** Whether what happened is kept where it can be searched. */
export function historyFindings({ state, isRecorded, lag }: SeenHistory): readonly Finding[] {
  if (state === 'off')
    return [
      note(
        'no history is kept (HISTORY_URL is off): events cannot be searched, and Redis keeps settled ones',
        'set HISTORY_URL to a PostgreSQL, or leave it out for a file beside the dashboard',
      ),
    ];
  const findings: Finding[] = [];
  if (state === 'open') findings.push(ok('the history can be read'));
  else if (state === 'absent')
    findings.push(
      note(
        'there is no history on this machine',
        "set HISTORY_URL to the dashboard's, to search it from here",
      ),
    );
  else
    findings.push(
      wrong(
        `the history cannot be opened: ${state.problem}`,
        'see that HISTORY_URL is right, and its database runs',
      ),
    );
  if (!isRecorded)
    findings.push(note('nobody records the history', "start a dashboard ('npm run dashboard'): it does"));
  else
    findings.push(
      lag < BEHIND_MS
        ? ok('the history is recorded')
        : wrong(
            `the history is ${Math.round(lag / 1_000)} s behind, and Redis holds what it has not recorded`,
            "look at the dashboard's log, and at its disk or database",
          ),
    );
  return findings;
}
