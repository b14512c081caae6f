import { askReplay, turnHandler, type ReplayAsked } from '@hookline/operations';
import { z } from 'zod';
import { pauseOrResume } from '../queues.ts';
import { isDashboardAlive } from '../replays/follow.ts';
import { queryFor } from './query.ts';
import { defineTool, type Tool, type ToolAnswer, type ToolContext } from './tool.ts';

const reason = z.string().trim().min(3).max(500).describe('Why, in words: it is written into the audit');

const replay = defineTool({
  name: 'replay',
  says: 'Runs events again: those named, or all that fit a query. Count them first with dry_run.',
  isAction: true,
  input: z.strictObject({
    ids: z.array(z.string().min(1)).min(1).max(1_000).optional().describe('Either these events'),
    query: z.string().min(1).max(2_000).optional().describe('Or all that fit, as search_events has it'),
    handlers: z.array(z.string().min(1)).min(1).max(100).optional().describe('Only these handlers'),
    canary: z.boolean().default(false).describe('1, then 10, then 100, then all; stops when too many fail'),
    rate: z.number().int().min(1).max(5_000).optional().describe('Events a second; 50 unless given'),
    dry_run: z.boolean().default(false).describe('Only count'),
    reason,
  }),
  async answerTo(context, { ids, query, handlers, canary, rate, dry_run: isDryRun, reason: why }) {
    const { log, by, now } = context;
    const what = await whatOf(context, ids, query);
    if (what.kind === 'problem') return what;
    const begun = await askReplay(log, { what, handlers, canary, rate, reason: why, by }, isDryRun, now);
    switch (begun.kind) {
      case 'unknown':
        return { kind: 'problem', problem: `no event has the id ${begun.ids.slice(0, 5).join(', ')}` };
      case 'too-many':
        return {
          kind: 'problem',
          problem: `more than ${begun.most} events fit: ask in parts, by from: and until:`,
        };
      case 'counted':
        return { kind: 'data', data: { id: null, total: begun.total } };
      case 'begun': {
        const isWaiting = !(await isDashboardAlive(log));
        const waits = isWaiting ? { waits: 'no dashboard runs, which carries replays out: it waits' } : {};
        return { kind: 'data', data: { id: begun.id, total: begun.total, ...waits } };
      }
    }
  },
});

/** @returns what is to be replayed, or what is wrong */
async function whatOf(
  context: ToolContext,
  ids: readonly string[] | undefined,
  text: string | undefined,
): Promise<ReplayAsked['what'] | Extract<ToolAnswer, { kind: 'problem' }>> {
  if (ids !== undefined && text === undefined) return { kind: 'ids', ids };
  if (ids !== undefined || text === undefined)
    return { kind: 'problem', problem: 'name either ids or a query' };
  const read = await queryFor(context, text);
  return read.kind === 'problem' ? read : { ...read, text };
}

function queueTool(how: 'pause' | 'resume', says: string): Tool {
  return defineTool({
    name: `${how}_queue`,
    says,
    isAction: true,
    input: z.strictObject({ name: z.string().min(1).max(500), reason }),
    async answerTo({ config, by }, { name, reason: why }) {
      const isTurned = await pauseOrResume(config, name, how, { by, reason: why });
      return isTurned
        ? { kind: 'data', data: { name, paused: how === 'pause' } }
        : { kind: 'problem', problem: `no queue is named ${name}; list_queues shows those there are` };
    },
  });
}

function handlerTool(how: 'pause' | 'resume', says: string): Tool {
  return defineTool({
    name: `${how}_handler`,
    says,
    isAction: true,
    input: z.strictObject({ name: z.string().min(1).max(500), reason }),
    async answerTo({ log, by, now }, { name, reason: why }) {
      const { kind } = await turnHandler(log, name, how, { by, reason: why, now });
      return kind === 'unknown'
        ? { kind: 'problem', problem: `no handler is named ${name}; list_handlers shows those there are` }
        : { kind: 'data', data: { name, paused: how === 'pause' } };
    },
  });
}

/** Each wants a reason, which lands in the audit. */
export const ACTIONS: readonly Tool[] = [
  replay,
  queueTool('pause', 'Stops a queue from giving out jobs; what runs already runs to its end.'),
  queueTool('resume', 'Lets a paused queue go on.'),
  handlerTool('pause', 'Has the deliveries of a handler wait; no attempt is spent.'),
  handlerTool(
    'resume',
    'Lets a handler go on that is paused, with what waited for it, or whose brake is on, more and more of it.',
  ),
];
