import type { EventSnapshot, HistoryBlock } from '@hookline/core';
import { blockStart, MINUTE } from './blocks.ts';
import type { TouchedKind } from '../schema/activity-tables.ts';

/** The minutes whose sums change with a block. */
export function touchedMinutes(added: readonly EventSnapshot[], { attempts, refusals }: HistoryBlock) {
  const of = (kind: TouchedKind, times: readonly number[]) =>
    [...new Set(times.map((time) => blockStart(MINUTE, time)))].map((minute) => ({ minute, kind }));
  return [
    ...of(
      'events',
      added.map(({ receivedAt }) => receivedAt),
    ),
    ...of(
      'attempts',
      attempts.map(({ endedAt }) => endedAt),
    ),
    ...of(
      'refusals',
      refusals.map(({ at }) => at),
    ),
  ];
}
