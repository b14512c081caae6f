import { z } from 'zod';
import { EVENTS_QUERY, searchFor } from '../events-query.ts';
import { badRequest, defineRoute } from '../route.ts';
import { EVENT } from '../shapes.ts';

const USUAL = 50;

export default defineRoute({
  method: 'GET',
  path: '/events',
  says: 'Events, newest first: all, or those that fit',
  query: EVENTS_QUERY,
  answer: z.object({ events: z.array(EVENT), next: z.string().nullable() }),
  async answerTo(ask, { query: { limit = USUAL, cursor, ...asked } }) {
    const { desk } = ask;
    const search = searchFor(asked, ask);
    if (search.kind === 'problem') return badRequest(search.problem);
    const page = { limit, ...(cursor === undefined ? {} : { before: cursor }) };
    const { items, next } = await desk.log.search(search.query, page);
    return { kind: 'json', value: { events: items.map((event) => ({ ...event })), next: next ?? null } };
  },
});
