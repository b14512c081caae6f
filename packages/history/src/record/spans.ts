import type { EventSnapshot } from '@hookline/core';
import { SPAN } from '../schema/tables.ts';

/** When the events of each span were received, of those that are added. */
export function spansOf(added: readonly { readonly seq: number; readonly event: EventSnapshot }[]) {
  const spans = new Map<number, { number: number; earliest: number; latest: number }>();
  for (const { seq, event } of added) {
    const number = Math.floor(seq / SPAN);
    const { receivedAt } = event;
    const span = spans.get(number) ?? { number, earliest: receivedAt, latest: receivedAt };
    span.earliest = Math.min(span.earliest, receivedAt);
    span.latest = Math.max(span.latest, receivedAt);
    spans.set(number, span);
  }
  return [...spans.values()];
}
