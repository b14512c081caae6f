import { z } from 'zod';
import { badRequest, defineRoute } from '../route.ts';
import { SERIES_POINT } from '../shapes.ts';
import { RANGE_QUERY, rangeOf, stepFor } from '../time-range.ts';
import { withHistory } from '../with-history.ts';

export default defineRoute({
  method: 'GET',
  path: '/stats',
  says: 'What happened over time',
  query: z.strictObject({
    ...RANGE_QUERY,
    step: z.coerce
      .number()
      .int()
      .multipleOf(60_000)
      .min(60_000)
      .optional()
      .describe('Milliseconds, whole minutes'),
    source: z.string().optional(),
    handler: z.string().optional(),
  }),
  answer: z.object({ step: z.number(), points: z.array(SERIES_POINT) }),
  answerTo: (ask, { query: { from, to, step: asked, source, handler } }) =>
    withHistory(ask, async (history) => {
      const read = rangeOf({ from, to }, ask.now);
      if (read.kind === 'problem') return badRequest(read.problem);
      const step = asked ?? stepFor(read.range);
      try {
        const points = await history.series({
          ...read.range,
          step,
          ...(source ? { source } : {}),
          ...(handler ? { handler } : {}),
        });
        return { kind: 'json', value: { step, points: points.map((point) => ({ ...point })) } };
      } catch (error) {
        if (error instanceof RangeError) return badRequest(error.message);
        throw error;
      }
    }),
});
