import { deliveryIdOf, type EventId, type Work } from '@hookline/core';

/** What the work is, across its retries and replays. */
export type WorkRef =
  | { readonly kind: 'delivery'; readonly workId: string; readonly event: EventId; readonly handler: string }
  | {
      readonly kind: 'job';
      readonly workId: string;
      readonly job: string;
      readonly work: Work & { readonly kind: 'job' };
    };

export function deliveryRef(event: EventId, handler: string): WorkRef & { readonly kind: 'delivery' } {
  return { kind: 'delivery', workId: deliveryIdOf(event, handler), event, handler };
}
