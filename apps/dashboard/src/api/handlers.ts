import { loadHandlers } from '@hookline/operations';
import { z } from 'zod';
import { badRequest, defineRoute } from '../route.ts';
import { HANDLER } from '../shapes.ts';
import { RANGE_QUERY, rangeOf } from '../time-range.ts';

export default defineRoute({
  method: 'GET',
  path: '/handlers',
  says: 'The handlers: how often each ran, how it ended, and how long it took',
  query: z.strictObject(RANGE_QUERY),
  answer: z.object({ handlers: z.array(HANDLER) }),
  async answerTo(ask, { query }) {
    const read = rangeOf(query, ask.now);
    if (read.kind === 'problem') return badRequest(read.problem);
    const handlers = (await loadHandlers(ask.desk.log, read.range)).map(
      ({ announced, pause, brake, backlog, ...handler }) => ({
        ...handler,
        isAnnounced: announced !== undefined,
        isPaused: pause !== undefined,
        isBraked: brake !== undefined,
        ...(backlog === undefined ? {} : { waiting: backlog.waiting }),
        ...(backlog?.oldestAt === undefined ? {} : { oldestAt: backlog.oldestAt }),
        ...(pause === undefined ? {} : { pause: { ...pause } }),
        ...(brake === undefined ? {} : { brake: { ...brake } }),
        ...(announced === undefined ? {} : { queue: announced.queue, types: [...announced.types] }),
      }),
    );
    return { kind: 'json', value: { handlers } };
  },
});
