import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { QUEUE } from '../shapes.ts';

export default defineRoute({
  method: 'GET',
  path: '/queues',
  says: 'The queues with what lies in them',
  answer: z.object({ queues: z.array(QUEUE) }),
  async answerTo({ desk }) {
    const { state, problem } = await desk.system.look();
    if (state === undefined || problem !== undefined)
      return {
        kind: 'problem',
        problem: {
          status: 503,
          error: 'redis_unavailable',
          title: 'Redis does not answer',
          headers: { 'retry-after': '2' },
        },
      };
    const queues = state.queues.map(
      ({ name, waiting, prioritized, active, delayed, failed, paused, unworkedSince }) => ({
        name,
        waiting: waiting + prioritized,
        active,
        delayed,
        failed,
        paused,
        ...(unworkedSince === undefined ? {} : { unworkedSince }),
      }),
    );
    return { kind: 'json', value: { queues } };
  },
});
