import { EVENT_STATUSES } from '@hookline/core';
import { explain, showEvent } from '@hookline/operations';
import { listReplays, listStatuses } from '@hookline/redis';
import { z } from 'zod';
import { eventFacts, readableContent } from '../events/show.ts';
import { newestRefusals } from '../past.ts';
import { readQueues } from '../queues.ts';
import { queryFor } from './query.ts';
import { defineTool, type Tool } from './tool.ts';

const limit = z.number().int().min(1).max(100).default(20).describe('How many at most');
const id = z
  .string()
  .min(1)
  .max(500)
  .describe("Our id, as in stripe.evt_1, or the provider's own, as in evt_1");

const searchEvents = defineTool({
  name: 'search_events',
  says: 'Events, newest first: all, or those that fit a query. Times are milliseconds since the epoch.',
  isAction: false,
  input: z.strictObject({
    query: z
      .string()
      .max(2_000)
      .default('')
      .describe(
        `Fields such as status:dead source:stripe type:invoice.* handler:mail from:2h until:2026-03-31; with --allow-payloads also words of the payload, and path=value. A status is one of ${EVENT_STATUSES.join(', ')}`,
      ),
    limit,
    cursor: z.string().max(500).optional().describe('`next` of the page before'),
  }),
  async answerTo(context, { query: text, limit: most, cursor }) {
    const { log } = context;
    const read = await queryFor(context, text);
    if (read.kind === 'problem') return read;
    const page = { limit: most, ...(cursor === undefined ? {} : { before: cursor }) };
    const { items, next } = await log.search(read.query, page);
    return { kind: 'data', data: { next: next ?? null, events: items } };
  },
});

const showOne = defineTool({
  name: 'show_event',
  says: 'One event with all that was done with it: its timeline with attempts, workers, errors, what handlers logged, and what operators did. What came in is shown only where the server was started with --allow-payloads.',
  isAction: false,
  input: z.strictObject({ id }),
  async answerTo({ log, now, seesPayloads }, { id: asked }) {
    const shown = await showEvent(log, asked, now);
    if (shown === undefined)
      return { kind: 'problem', problem: `no event has the id ${asked}; explain says more` };
    const content = seesPayloads ? readableContent(await log.content(shown.event.id)) : {};
    return { kind: 'data', data: { ...eventFacts(shown), ...content } };
  },
});

const explainOne = defineTool({
  name: 'explain',
  says: 'What became of an event in a paragraph to be read out, or why there is none: it was refused, or never came.',
  isAction: false,
  input: z.strictObject({ id }),
  async answerTo({ log, now }, { id: asked }) {
    return { kind: 'data', data: await explain(log, asked, now) };
  },
});

const listRefusals = defineTool({
  name: 'list_refusals',
  says: 'What was refused at the door and why, newest first.',
  isAction: false,
  input: z.strictObject({
    source: z.string().optional(),
    reason: z.string().optional().describe("As in 'mismatch'"),
    limit,
  }),
  async answerTo({ log, seesPayloads }, { source, reason, limit: count }) {
    const refusals = await newestRefusals(log, {
      count,
      ...(source === undefined ? {} : { source }),
      ...(reason === undefined ? {} : { reason }),
    });
    return {
      kind: 'data',
      data: {
        refusals: refusals.map(({ headers, excerpt, ...refusal }) => ({
          ...refusal,
          ...(seesPayloads ? { headers, excerpt: excerpt.toString() } : {}),
        })),
      },
    };
  },
});

const listAllReplays = defineTool({
  name: 'list_replays',
  says: 'The newest replays: who asked for them and why, how far they are, and how their work ended.',
  isAction: false,
  input: z.strictObject({ limit }),
  async answerTo({ log }, { limit: most }) {
    return { kind: 'data', data: { replays: await listReplays(log.partitions, most) } };
  },
});

const listQueues = defineTool({
  name: 'list_queues',
  says: 'The queues with what lies in them; unworkedSince says that no live worker works on one.',
  isAction: false,
  input: z.strictObject({}),
  async answerTo({ config }) {
    return { kind: 'data', data: { queues: await readQueues(config) } };
  },
});

const listWorkers = defineTool({
  name: 'list_workers',
  says: 'Every process that has spoken within the last 15 s: receivers, workers and dashboards.',
  isAction: false,
  input: z.strictObject({ role: z.string().optional().describe('receiver, worker or dashboard') }),
  async answerTo({ log }, { role }) {
    const processes = await listStatuses(log.partitions);
    return {
      kind: 'data',
      data: { workers: processes.filter((process) => (role ?? process.role) === process.role) },
    };
  },
});

/** They change nothing. */
export const LOOKS: readonly Tool[] = [
  searchEvents,
  showOne,
  explainOne,
  listRefusals,
  listAllReplays,
  listQueues,
  listWorkers,
];
