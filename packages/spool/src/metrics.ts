import type { MetricRow } from '@hookline/core';

/** What this package counts: each metric once, with what docs/monitoring.md says of it. */
export const METRICS = {
  events: {
    name: 'hookline_spool_events',
    kind: 'gauge',
    service: 'receiver',
    help: 'Events in the spool.',
    says: "events on this machine's disk that Redis has not taken yet",
    alarm: 'above 0 for 5 minutes',
  },
  bytes: {
    name: 'hookline_spool_bytes',
    kind: 'gauge',
    service: 'receiver',
    help: 'Bytes of the events in the spool.',
    says: 'what they take; at the limit the receiver answers 503',
    alarm: 'above half of the limit',
  },
  oldestAge: {
    name: 'hookline_spool_oldest_age_seconds',
    kind: 'gauge',
    service: 'receiver',
    help: 'How long the oldest event in the spool waits.',
    says: 'how long the oldest has waited',
    alarm: 'above 300',
  },
  spooled: {
    name: 'hookline_spool_spooled_total',
    kind: 'counter',
    service: 'receiver',
    help: 'Events that went to the spool.',
    says: 'events that went to the spool, each answered 200',
    alarm: 'none: `hookline_spool_events` tells when it lasts',
  },
  drained: {
    name: 'hookline_spool_drained_total',
    kind: 'counter',
    service: 'receiver',
    help: 'Events that went from the spool to the store.',
    says: 'events that went from a spool of this disk on to Redis',
    alarm: 'none; stands still while the spool is not empty: Redis is away',
  },
  refused: {
    name: 'hookline_spool_refused_total',
    kind: 'counter',
    service: 'receiver',
    help: 'Events that the spool could not take: it was full, or the disk refused.',
    says: 'events that the spool could not take: it was full, or the disk refused; each was answered 503',
    alarm: 'any',
  },
  damaged: {
    name: 'hookline_spool_damaged_total',
    kind: 'counter',
    service: 'receiver',
    help: 'Entries of the spool that could not be read and were put aside.',
    says: 'entries that could not be read and were put aside, in the same folder',
    alarm: 'any: events are missing, and the disk may be broken',
  },
} as const satisfies Record<string, MetricRow>;
