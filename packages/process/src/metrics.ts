import type { MetricRow } from '@hookline/core';

/** What this package counts: each metric once, with what docs/monitoring.md says of it. */
export const METRICS = {
  failures: {
    name: 'hookline_metric_failures_total',
    kind: 'counter',
    service: 'all',
    labels: ['metric'],
    help: 'Numbers that could not be taken: a gauge that failed or was too slow, or a report that does not fit.',
    says: 'numbers that could not be taken; a gauge that fails or takes 250 ms is left out',
    alarm: 'a steady rate while Redis is well',
  },
} as const satisfies Record<string, MetricRow>;
