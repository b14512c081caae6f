import { z } from 'zod';

const time = z.number().describe('Milliseconds since the epoch');

/** A list, or the one thing that a form sends in its place. */
const list = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter((part) => part !== '') : value),
  z.array(z.string().min(1)).max(10_000),
);
/** A form sends an empty field for what was not filled in. */
const given = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (value) => (value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value),
    schema,
  );
/** As JSON has it, or a form's checkbox. */
const flag = z.preprocess(
  (value) => (typeof value === 'string' ? value === 'on' || value === 'true' : value),
  z.boolean(),
);

export const REPLAY_BODY = z
  .object({
    ids: list.optional().describe("Events, by our ids or the providers' own"),
    query: z
      .union([z.string(), z.record(z.string(), z.string())])
      .optional()
      .describe('In place of ids: as `q` of GET /events, or an object of its parameters'),
    handlers: given(list.optional()).describe('Only these; all that each event was given to unless given'),
    dryRun: flag.optional().describe('Only count'),
    canary: flag.optional().describe('1, then 10, then 100, then all; stops by itself when too many fail'),
    failureLimit: given(z.coerce.number().min(0).max(1).optional()).describe(
      'The share at which a canary stops; 0.2 unless given',
    ),
    rate: given(z.coerce.number().int().min(1).max(5_000).optional()).describe(
      'Events a second; 50 unless given',
    ),
    reason: z.string().max(500).optional().describe('Lands in the audit'),
  })
  .refine(({ ids, query }) => (ids === undefined) !== (query === undefined), 'name either ids or a query');

export const REPLAY = z.object({
  id: z.string(),
  state: z.enum(['collecting', 'running', 'paused', 'stopped', 'done']),
  why: z.string().optional(),
  askedAt: time,
  turnedAt: time.optional(),
  by: z.string(),
  reason: z.string().optional(),
  query: z.string().optional(),
  handlers: z.array(z.string()).optional(),
  canary: z.boolean(),
  rate: z.number(),
  total: z.number().describe('Events'),
  position: z.number().describe('How many of them were looked at'),
  queued: z.number().describe('Deliveries that were queued'),
  open: z.number(),
  succeeded: z.number(),
  dead: z.number(),
  other: z.number(),
  skipped: z.record(z.string(), z.number()).describe('Events that could not be queued, by why'),
});
