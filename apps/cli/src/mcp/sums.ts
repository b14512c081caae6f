import { ISSUE_STATES, type History } from '@hookline/core';
import { loadHandlers, loadSources } from '@hookline/operations';
import { z } from 'zod';
import { readSchedules } from '../with-queues.ts';
import { lastDay } from '../with-history.ts';
import { defineTool, type Tool, type ToolAnswer, type ToolContext } from './tool.ts';

const NO_HISTORY = {
  kind: 'problem',
  problem: 'there is no history here: name the one that the dashboard records in HISTORY_URL',
} as const;

async function withHistory(
  { log }: ToolContext,
  use: (history: History) => Promise<ToolAnswer>,
): Promise<ToolAnswer> {
  const history = await log.history();
  return history === undefined ? NO_HISTORY : use(history);
}

const listIssues = defineTool({
  name: 'list_issues',
  says: 'What died, one for all that failed in the same way: how often, since when, and an event of it to look at.',
  isAction: false,
  input: z.strictObject({
    state: z.enum(ISSUE_STATES).default('open'),
    handler: z.string().optional(),
    limit: z.number().int().min(1).max(100).default(20).describe('How many at most'),
  }),
  answerTo: (context, { state, handler, limit }) =>
    withHistory(context, async (history) => {
      const { now } = context;
      const { items } = await history.issues({
        state,
        now,
        limit,
        ...(handler === undefined ? {} : { handler }),
      });
      return { kind: 'data', data: { issues: items } };
    }),
});

const HOUR_MS = 3_600_000;
const STEP_MS = { minute: 60_000, 'five minutes': 300_000, 'half hour': 1_800_000 } as const;

const stats = defineTool({
  name: 'stats',
  says: 'What happened over time: accepted, handled, failed, dead and refused, and how long it took (p50 and p99 in ms), a row for each step.',
  isAction: false,
  input: z.strictObject({
    hours: z.number().min(0.1).max(168).default(24).describe('Back from now'),
    step: z.enum(['minute', 'five minutes', 'half hour']).default('half hour'),
    source: z.string().optional(),
    handler: z.string().optional(),
  }),
  answerTo: (context, { hours, step, source, handler }) =>
    withHistory(context, async (history) => {
      const { now } = context;
      const points = await history.series({
        from: now - hours * HOUR_MS,
        until: now,
        step: STEP_MS[step],
        ...(source === undefined ? {} : { source }),
        ...(handler === undefined ? {} : { handler }),
      });
      return { kind: 'data', data: { points } };
    }),
});

const listHandlers = defineTool({
  name: 'list_handlers',
  says: 'The handlers: how each ran in the last day, who has it, whether somebody paused it, and whether it is braked because what it depends on is down.',
  isAction: false,
  input: z.strictObject({}),
  async answerTo({ log, now }) {
    return { kind: 'data', data: { handlers: await loadHandlers(log, lastDay(now)) } };
  },
});

const listSources = defineTool({
  name: 'list_sources',
  says: 'The endpoints: what came in on each in the last day, what was refused and why, and since when one is silent.',
  isAction: false,
  input: z.strictObject({}),
  answerTo: (context) =>
    withHistory(context, async () => {
      const { log, now } = context;
      return { kind: 'data', data: { sources: (await loadSources(log, lastDay(now), now)) ?? [] } };
    }),
});

const listSchedules = defineTool({
  name: 'list_schedules',
  says: 'The schedules: when each runs next, how it ran, and whether somebody paused it.',
  isAction: false,
  input: z.strictObject({}),
  async answerTo({ config }) {
    return { kind: 'data', data: { schedules: await readSchedules(config) } };
  },
});

/** What many events come to. They change nothing. */
export const SUMS: readonly Tool[] = [listIssues, stats, listHandlers, listSources, listSchedules];
