import type { MetricRow } from '@hookline/core';

/** What this package counts: each metric once, with what docs/monitoring.md says of it. */
export const METRICS = {
  webhooks: {
    name: 'hookline_webhooks_total',
    kind: 'counter',
    service: 'receiver',
    labels: ['source', 'outcome'],
    help: 'Answered webhooks by what they came to; of a request with several kept events, each event.',
    says: 'what webhooks came to: `accepted`, `duplicate`, `spooled` are kept; `refused` (4xx); `handshake`; `unavailable` and `full` (503: the provider sends again, or does not)',
    alarm: 'any `unavailable` or `full`; many `refused` of one source',
  },
  answer: {
    name: 'hookline_webhook_answer_seconds',
    kind: 'histogram',
    service: 'receiver',
    // Dense where answers usually are and at the promised 0.5.
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 1],
    help: 'From the last byte of a webhook to its answer.',
    says: 'from the last byte of a webhook to its answer',
    alarm: 'anything above 0.5',
  },
  failedLogins: {
    name: 'hookline_failed_logins_total',
    kind: 'counter',
    service: 'dashboard',
    labels: ['door'],
    help: 'Logins and API keys that were wrong.',
    says: 'wrong logins (`login`) and API keys (`api-key`); from whom is in the log',
    alarm: 'more than people mistype',
  },
} as const satisfies Record<string, MetricRow>;
