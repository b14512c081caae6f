import { auditPage } from '@hookline/operations';
import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { AUDIT_LINE } from '../shapes.ts';

export default defineRoute({
  method: 'GET',
  path: '/audit',
  says: 'What operators did, newest first',
  query: z.strictObject({
    action: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(500).default(50),
    cursor: z.string().optional(),
  }),
  answer: z.object({ audit: z.array(AUDIT_LINE), next: z.string().nullable() }),
  async answerTo({ desk }, { query: { action, limit, cursor } }) {
    const { items, next } = await auditPage(desk.log, {
      limit,
      ...(action === undefined || action === '' ? {} : { action }),
      ...(cursor === undefined ? {} : { before: cursor }),
    });
    const audit = items.map(({ detail, ...line }) => ({
      ...line,
      ...(detail === undefined ? {} : { detail }),
    }));
    return { kind: 'json', value: { audit, next: next ?? null } };
  },
});
