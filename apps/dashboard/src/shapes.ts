/** What the operators' API answers with, in the words of its description. */
import { EVENT_STATUSES } from '@hookline/core';
import { z } from 'zod';

const time = z.number().describe('Milliseconds since the epoch');

export const EVENT = z.object({
  id: z.string(),
  source: z.string(),
  provider: z.string(),
  type: z.string(),
  providerId: z.string(),
  status: z.enum(EVENT_STATUSES),
  receivedAt: time,
  verifiedAt: time,
  recordedAt: time,
  queuedAt: time,
  settledAt: time.optional(),
  shedAt: time.optional(),
  deliveries: z.record(z.string(), z.enum(['pending', 'succeeded', 'dead', 'discarded'])),
});

export const TIMELINE_ENTRY = z.looseObject({
  at: time,
  kind: z.enum([
    'received',
    'verified',
    'recorded',
    'waiting',
    'attempt',
    'dead',
    'replayed',
    'rerun',
    'discarded',
    'act',
    'settled',
    'shed',
    'open',
  ]),
  until: time.optional(),
  handler: z.string().optional(),
  attempt: z.number().optional(),
  worker: z.string().optional(),
  outcome: z.string().optional(),
});

export const REFUSAL = z.object({
  id: z.string(),
  at: time,
  source: z.string(),
  provider: z.string().optional(),
  status: z.number(),
  reason: z.string(),
  likely: z.string().optional(),
  headers: z.record(z.string(), z.string()),
  excerpt: z.string().describe('The first bytes of the body, as text'),
  bytes: z.number(),
  suppressed: z.number().describe('How many like it were left out under a flood'),
  peer: z.string().optional(),
});

export const AUDIT_LINE = z.object({
  id: z.string(),
  at: time,
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  outcome: z.string(),
  detail: z.string().optional(),
});

export const QUEUE = z.object({
  name: z.string(),
  waiting: z.number(),
  active: z.number(),
  delayed: z.number(),
  failed: z.number(),
  paused: z.boolean(),
  unworkedSince: time.optional(),
});

export const WORKER = z.object({
  id: z.string(),
  role: z.string(),
  host: z.string(),
  pid: z.number(),
  version: z.string(),
  startedAt: time,
  at: time,
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
});
