import { deliveryIdOf, type EventId, type Work } from '@hookline/core';

/** One piece of work in the hands of this worker: which job holds it, and by which lock. */
export interface Hold {
  readonly queue: string;
  readonly jobId: string;
  readonly token: string;
  /** BullMQ's counters of the job: tries that were settled, and workers that died holding it. */
  readonly made: number;
  readonly stalled: number;
}

/** What the work is, across its retries and replays. */
export type Subject =
  | { readonly kind: 'delivery'; readonly workId: string; readonly event: EventId; readonly handler: string }
  | {
      readonly kind: 'job';
      readonly workId: string;
      readonly job: string;
      readonly work: Work & { readonly kind: 'job' };
    };

export function deliverySubject(event: EventId, handler: string): Subject & { readonly kind: 'delivery' } {
  return { kind: 'delivery', workId: deliveryIdOf(event, handler), event, handler };
}
