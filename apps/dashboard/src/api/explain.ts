import { explain } from '@hookline/operations';
import { z } from 'zod';
import { defineRoute } from '../route.ts';

export default defineRoute({
  method: 'GET',
  path: '/explain/:id',
  says: "What became of an event, by our id or the provider's own, in a paragraph to be read out",
  answer: z.object({
    id: z.string().optional(),
    verdict: z.enum(['handled', 'unhandled', 'open', 'dead', 'refused', 'never-came']),
    text: z.string(),
  }),
  async answerTo({ desk, now, params: { id = '' } }) {
    const { id: found, verdict, text } = await explain(desk.log, id, now);
    return { kind: 'json', value: { ...(found === undefined ? {} : { id: found }), verdict, text } };
  },
});
