import { EVENT_STATUSES } from '@hookline/core';
import { parseSearch, type ParsedSearch } from '@hookline/history';
import { z } from 'zod';
import type { Ask } from './desk.ts';

/** How events are asked for, in an address's query; the page and the API share it. */
export const EVENTS_QUERY = z.strictObject({
  q: z
    .string()
    .max(2_000)
    .optional()
    .describe('Words of the payload, path=value, or fields such as status:dead'),
  source: z.string().optional(),
  type: z.string().optional().describe("A whole type, or a prefix ending in '*'"),
  status: z.union([z.enum(EVENT_STATUSES), z.literal('')]).optional(),
  handler: z.string().optional(),
  subject: z.string().optional().describe('What events are about: a customer, a repository, an order'),
  from: z
    .string()
    .optional()
    .describe("Milliseconds since the epoch, a date or time, or '2h' for two hours ago"),
  to: z.string().optional().describe('Up to, but without; as `from`'),
  limit: z.coerce.number().int().min(1).max(500).optional(),
  cursor: z.string().optional().describe('`next` of the page before'),
});

export type EventsQuery = z.infer<typeof EVENTS_QUERY>;

/** Reads a question for events: the words and the fields beside them have all to hold. */
export function searchOf(asked: Omit<EventsQuery, 'limit' | 'cursor'>, now: number): ParsedSearch {
  const { q = '', source, type, status, handler, subject, from, to } = asked;
  const fields = { source, type, status, handler, subject, from: timeText(from), until: timeText(to) };
  const terms = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}:"${value.replaceAll(/[\\"]/g, String.raw`\$&`)}"`],
  );
  return parseSearch([q, ...terms].join(' '), now);
}

/**
 * The same, as far as it can be answered here, and this viewer may ask: whoever does not see payloads does not search
 * them, either, for each answer would tell a piece of one.
 */
export function searchFor(
  asked: Omit<EventsQuery, 'limit' | 'cursor'>,
  { desk, viewer, now }: Pick<Ask, 'desk' | 'viewer' | 'now'>,
): ParsedSearch {
  const search = searchOf(asked, now);
  if (search.kind === 'problem') return search;
  const { phrases, pairs } = search.query;
  const asksForPayload = phrases.length + pairs.length > 0;
  if (asksForPayload && !viewer.seesPayloads) return { kind: 'problem', problem: PAYLOADS_CLOSED };
  if (asksForPayload && desk.history() === undefined) return { kind: 'problem', problem: NO_HISTORY };
  return search;
}

const PAYLOADS_CLOSED =
  'your role does not see payloads, so it cannot search them: ask by source:, type:, status:, handler:, subject: or id:';
const NO_HISTORY =
  'payloads can only be searched in a history, and HISTORY_URL is off or what it names cannot be reached now: ask by source:, type:, status:, handler:, subject: or id:';

/** Programs say times in milliseconds. */
function timeText(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{11,16}$/.test(text)) return text;
  const time = new Date(Number(text));
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

/** A question with another one of its fields, as an address's query. */
export function queryWith(
  asked: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const all = { ...Object.fromEntries(asked), ...changes };
  const query = new URLSearchParams(
    Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined || value === '' ? [] : [[name, value]],
    ),
  );
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
