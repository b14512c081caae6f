import { refusalsPage } from '@hookline/operations';
import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { REFUSAL } from '../shapes.ts';

export default defineRoute({
  method: 'GET',
  path: '/refusals',
  says: 'What was refused at the door, newest first',
  query: z.strictObject({
    source: z.string().optional(),
    reason: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(500).default(50),
    cursor: z.string().optional(),
  }),
  answer: z.object({ refusals: z.array(REFUSAL), next: z.string().nullable() }),
  async answerTo({ desk, viewer }, { query: { source, reason, limit, cursor } }) {
    const { items, next } = await refusalsPage(desk.log, {
      limit,
      ...(source === undefined || source === '' ? {} : { source }),
      ...(reason === undefined || reason === '' ? {} : { reason }),
      ...(cursor === undefined ? {} : { before: cursor }),
    });
    const refusals = items.map(({ provider, likely, peer, excerpt, headers, ...refusal }) => ({
      ...refusal,
      ...(provider === undefined ? {} : { provider }),
      ...(likely === undefined ? {} : { likely }),
      ...(peer === undefined ? {} : { peer }),
      headers: viewer.seesPayloads ? headers : {},
      excerpt: viewer.seesPayloads ? excerpt.toString() : '',
    }));
    return { kind: 'json', value: { refusals, next: next ?? null } };
  },
});
