import { spanOf } from '../kit/amounts.ts';
import type { Signal } from './signal.ts';

const LATE_MS = 60_000;

/** @param lag milliseconds that the history is behind */
export function recorderSignals(lag: number): readonly Signal[] {
  if (lag <= LATE_MS) return [];
  return [
    {
      kind: 'recorder-lag',
      key: 'recorder-lag:history',
      title: 'The history is behind',
      says: [
        'The ',
        'history',
        ` is ${spanOf(lag)} behind: its database is away, or too slow. Redis keeps what is not recorded yet, and fills.`,
      ],
      path: '/admin/system',
    },
  ];
}
