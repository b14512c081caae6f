import { loadQueues, type QueueView } from '@hookline/operations';
import { z } from 'zod';
import { badRequest, defineRoute } from '../route.ts';
import { QUEUE } from '../shapes.ts';
import { RANGE_QUERY, rangeOf } from '../time-range.ts';

export default defineRoute({
  method: 'GET',
  path: '/queues',
  says: 'The queues with what lies in them, and what their handlers did',
  query: z.strictObject(RANGE_QUERY),
  answer: z.object({ queues: z.array(QUEUE) }),
  async answerTo({ desk, now }, { query }) {
    const read = rangeOf(query, now);
    if (read.kind === 'problem') return badRequest(read.problem);
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
    const queues = (await loadQueues(desk.log, state, read.range)).map(shownQueue);
    return { kind: 'json', value: { queues } };
  },
});

/** `failed` and `completed` are jobs that the queue keeps; what became of attempts is told beside them. */
function shownQueue(view: QueueView) {
  const { name, waiting, prioritized, active, delayed, failed, paused, pausedIn, unworkedSince } = view;
  const { oldestAt, runP50, runP99, attempts } = view;
  return {
    name,
    waiting: waiting + prioritized,
    active,
    delayed,
    failed,
    paused,
    ...(pausedIn === undefined ? {} : { pausedIn: [...pausedIn] }),
    attempts: { ...attempts },
    ...(unworkedSince === undefined ? {} : { unworkedSince }),
    ...(oldestAt === undefined ? {} : { oldestAt }),
    ...(runP50 === undefined ? {} : { runP50 }),
    ...(runP99 === undefined ? {} : { runP99 }),
  };
}
