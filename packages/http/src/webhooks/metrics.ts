import { NO_METER, type AcceptResult, type Meter } from '@hookline/core';
import { METRICS } from './metric-rows.ts';

/**
 * What a webhook came to: what the store said of an event, or what was said without asking it.
 * `refused` nothing was kept and sending it again as it is will not help, but for 408 and 429 ·
 * `handshake` a first request that is no event.
 */
export type WebhookOutcome = AcceptResult['kind'] | 'refused' | 'handshake';

export interface WebhookMetrics {
  /** @param source `undefined` when none has the name that was asked for: names that strangers make up are no labels */
  count(source: { readonly name: string } | undefined, outcome: WebhookOutcome): void;
  /** @param ms from the last byte of the body */
  answered(ms: number): void;
}

/** No source can have this name. */
const NO_SOURCE = '(none)';
export function createWebhookMetrics(meter: Meter = NO_METER): WebhookMetrics {
  const webhooks = meter.counter(METRICS.webhooks);
  const answer = meter.histogram(METRICS.answer);
  return {
    count: (source, outcome) => webhooks({ source: source?.name ?? NO_SOURCE, outcome }),
    answered: (ms) => answer(ms / 1_000),
  };
}
