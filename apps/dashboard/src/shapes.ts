/** What the operators' API answers with, in the words of its description. */
import { DELIVERY_STATUSES, EVENT_STATUSES } from '@hookline/core';
import { z } from 'zod';
import { ALERT_KINDS } from './signals/signal.ts';

const time = z.number().describe('Milliseconds since the epoch');

export const EVENT = z.object({
  id: z.string(),
  source: z.string(),
  provider: z.string(),
  type: z.string(),
  providerId: z.string(),
  subject: z.string().optional().describe('What it is about, where something says'),
  status: z.enum(EVENT_STATUSES),
  receivedAt: time,
  verifiedAt: time,
  recordedAt: time,
  queuedAt: time,
  settledAt: time.optional(),
  shedAt: time.optional(),
  copies: z
    .object({ count: z.number(), lastAt: time })
    .optional()
    .describe('How often it came again and was answered as known'),
  deliveries: z.record(z.string(), z.enum(DELIVERY_STATUSES)),
  filtered: z
    .record(z.string(), z.string())
    .optional()
    .describe('By handler: the condition of its filter that did not hold'),
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
  pausedIn: z
    .array(z.number())
    .optional()
    .describe('The partitions that it is paused in, where it is not paused in all of them'),
  unworkedSince: time.optional(),
  oldestAt: time.optional().describe('When the job was made that it hands out next'),
  attempts: z
    .object({ succeeded: z.number(), failed: z.number(), dead: z.number() })
    .describe('Of its handlers, from `from` to `to`'),
  runP50: z.number().optional().describe('Milliseconds, of the slowest of its handlers'),
  runP99: z.number().optional(),
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

export const ISSUE = z.object({
  fingerprint: z.string(),
  handler: z.string(),
  error: z.object({ name: z.string(), message: z.string() }),
  title: z.string().describe('The message without what varies'),
  firstSeen: time,
  lastSeen: time,
  count: z.number(),
  recent: z.array(z.number()).describe('Of each of the last 24 hours, oldest first'),
  sample: z.string().describe('The event of the newest'),
  state: z.enum(['open', 'acknowledged', 'resolved', 'ignored']),
  stateAt: time.optional(),
  stateBy: z.string().optional(),
});

export const SERIES_POINT = z.object({
  at: time,
  accepted: z.number(),
  handled: z.number().describe('Attempts that succeeded'),
  failed: z.number().describe('Attempts that are tried again, or dead'),
  dead: z.number(),
  refused: z.number(),
  ackP50: z.number().optional(),
  ackP99: z.number().optional(),
  waitP50: z.number().optional(),
  waitP99: z.number().optional(),
  runP50: z.number().optional(),
  runP99: z.number().optional(),
});

export const SOURCE = z.object({
  source: z.string(),
  provider: z.string().optional(),
  events: z.number(),
  refused: z.record(z.string(), z.number()).describe('By reason'),
  lastEventAt: time.optional(),
  lastRefusalAt: time.optional(),
  usualGap: z
    .number()
    .optional()
    .describe('Milliseconds that 99 of 100 gaps between its events do not exceed'),
  secretsSince: z
    .array(time)
    .optional()
    .describe('Since when each of its secrets is set, as far as a dashboard that has them knows'),
  silentSince: time.optional().describe('Since when it has been silent for longer than it ever usually is'),
});

export const HANDLER = z.object({
  handler: z.string(),
  queue: z.string().optional(),
  types: z.array(z.string()).optional(),
  isAnnounced: z.boolean().describe('Whether a live worker has it'),
  waiting: z.number().optional().describe('Jobs in its queue, for whichever handler'),
  oldestAt: time.optional().describe('When the job was made that its queue hands out next'),
  isPaused: z.boolean(),
  pause: z
    .object({ at: time, by: z.string(), reason: z.string().optional(), held: z.number() })
    .optional()
    .describe('Who paused it, and how many of its deliveries wait for that'),
  isBraked: z.boolean().describe('Whether its deliveries wait because what it depends on is down'),
  brake: z
    .object({
      since: time,
      by: z.string().describe('The worker process that put it on'),
      fingerprint: z.string(),
      title: z.string().describe('How its attempts fail'),
      phase: z.enum(['probing', 'releasing']),
      nextProbeAt: time.optional().describe('When one delivery is let through to see whether it succeeds'),
      held: z.number().describe('How many of its deliveries wait'),
    })
    .optional(),
  succeeded: z.number(),
  failed: z.number(),
  dead: z.number(),
  runP50: z.number().optional(),
  runP99: z.number().optional(),
  waitP50: z.number().optional(),
  waitP99: z.number().optional(),
  lastAt: time.optional(),
});

export const SCHEDULE = z.object({
  name: z.string(),
  cron: z.string(),
  says: z.string().describe('The cron pattern in words'),
  timezone: z.string(),
  job: z.string(),
  queue: z.string(),
  isPaused: z.boolean(),
  isAnnounced: z.boolean(),
  nextAt: time.optional(),
  runs: z.array(
    z.object({
      jobId: z.string(),
      startedAt: time.optional(),
      endedAt: time.optional(),
      outcome: z.enum(['running', 'waiting', 'succeeded', 'failed']),
      error: z.string().optional(),
    }),
  ),
});

export const ALERT = z.object({
  kind: z.enum(ALERT_KINDS),
  key: z.string().describe('The same for as long as it is the same thing that needs somebody'),
  title: z.string(),
  detail: z.string(),
  path: z.string().describe('Where the dashboard shows more of it'),
  since: time.optional().describe('When whoever tells of alerts first saw it; absent where nobody is told'),
  notifiedAt: time.optional().describe('When it was told; absent while it is held back'),
});
