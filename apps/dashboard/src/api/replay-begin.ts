import { askReplay, type ReplayAsked } from '@hookline/operations';
import { z } from 'zod';
import { EVENTS_QUERY, searchFor } from '../events-query.ts';
import type { Ask } from '../desk.ts';
import { REPLAY_BODY } from '../replay-shapes.ts';
import { badRequest, defineRoute, notFound } from '../route.ts';

export default defineRoute({
  method: 'POST',
  path: '/replays',
  says: 'Runs events again: these, or all that fit a query',
  body: REPLAY_BODY,
  success: 202,
  answer: z.object({ id: z.string().nullable().describe('None for a dry run'), total: z.number() }),
  async answerTo(ask, { body }) {
    const { desk, viewer, now } = ask;
    const what = whatOf(body, ask);
    if ('problem' in what) return badRequest(what.problem);
    const { handlers, canary, failureLimit, rate, reason } = body;
    const begun = await askReplay(
      desk.log,
      {
        what,
        handlers,
        canary,
        failureLimit,
        rate,
        reason: reason === '' ? undefined : reason,
        by: viewer.name,
      },
      body.dryRun ?? false,
      now,
    );
    switch (begun.kind) {
      case 'begun':
        return { kind: 'json', status: 202, value: { id: begun.id, total: begun.total } };
      case 'counted':
        return { kind: 'json', status: 202, value: { id: null, total: begun.total } };
      case 'unknown':
        return notFound(`event: ${begun.ids.slice(0, 5).join(', ')}`);
      case 'too-many':
        return badRequest(`more than ${begun.most} events fit: ask for them in parts, by from and to`);
    }
  },
});

function whatOf(
  { ids, query }: z.infer<typeof REPLAY_BODY>,
  ask: Ask,
): ReplayAsked['what'] | { readonly problem: string } {
  if (ids !== undefined) return { kind: 'ids', ids };
  const asked = typeof query === 'string' ? { q: query } : query;
  const read = EVENTS_QUERY.omit({ limit: true, cursor: true }).safeParse(asked);
  if (!read.success) return { problem: read.error.issues.map(({ message }) => message).join('; ') };
  const search = searchFor(read.data, ask);
  if (search.kind === 'problem') return { problem: search.problem };
  const text = Object.entries(read.data)
    .flatMap(([name, value]) => (value === '' ? [] : [name === 'q' ? value : `${name}:${value}`]))
    .join(' ');
  return { kind: 'query', query: search.query, text: text === '' ? 'all events' : text };
}
