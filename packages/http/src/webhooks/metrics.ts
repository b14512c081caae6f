import { NO_METER, type AcceptResult, type Meter } from '@hookline/core';

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
/** Seconds, dense where answers usually are and at the promised 0.5. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 1];

export function createWebhookMetrics(meter: Meter = NO_METER): WebhookMetrics {
  const webhooks = meter.counter(
    'hookline_webhooks_total',
    'Answered webhooks by what they came to; of a request with several kept events, each event.',
    ['source', 'outcome'],
  );
  const answer = meter.histogram(
    'hookline_webhook_answer_seconds',
    'From the last byte of a webhook to its answer.',
    BUCKETS,
  );
  return {
    count: (source, outcome) => webhooks({ source: source?.name ?? NO_SOURCE, outcome }),
    answered: (ms) => answer(ms / 1_000),
  };
}
