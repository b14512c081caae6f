import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { warningsOf } from '../system-warnings.ts';

/** `GET /admin/api/system`: what the system page shows, for scripts. */
export default defineRoute({
  method: 'GET',
  path: '/system',
  says: 'The whole installation at one moment',
  answer: z.object({
    redis: z.enum(['ready', 'away']),
    problem: z.string().optional(),
    warnings: z.array(z.string()).optional(),
    state: z.unknown().optional(),
  }),
  async answerTo({ desk }) {
    const { state, problem } = await desk.system.look();
    return {
      kind: 'json',
      value: {
        redis: problem === undefined ? ('ready' as const) : ('away' as const),
        ...(problem === undefined ? {} : { problem }),
        ...(state === undefined ? {} : { warnings: [...warningsOf(state)], state }),
      },
    };
  },
});
