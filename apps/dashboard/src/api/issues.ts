import { ISSUE_STATES } from '@hookline/core';
import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { ISSUE } from '../shapes.ts';
import { withHistory } from '../with-history.ts';

export default defineRoute({
  method: 'GET',
  path: '/issues',
  says: 'Dead letters, grouped by handler and how they failed; the latest first',
  query: z.strictObject({
    state: z.union([z.enum(ISSUE_STATES), z.literal('')]).optional(),
    handler: z.string().optional(),
    source: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(500).default(50),
    cursor: z.string().optional(),
  }),
  answer: z.object({ issues: z.array(ISSUE), next: z.string().nullable() }),
  answerTo: (ask, { query: { state, handler, source, limit, cursor } }) =>
    withHistory(ask, async (history) => {
      const { items, next } = await history.issues({
        now: ask.now,
        limit,
        ...(state ? { state } : {}),
        ...(handler ? { handler } : {}),
        ...(source ? { source } : {}),
        ...(cursor === undefined ? {} : { before: cursor }),
      });
      const issues = items.map((issue) => ({ ...issue, recent: [...issue.recent] }));
      return { kind: 'json', value: { issues, next: next ?? null } };
    }),
});
