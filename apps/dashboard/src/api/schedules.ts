import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { loadSchedules } from '../schedules-view.ts';
import { SCHEDULE } from '../shapes.ts';

export default defineRoute({
  method: 'GET',
  path: '/schedules',
  says: 'The schedules, when each runs next and how it ran',
  answer: z.object({ schedules: z.array(SCHEDULE) }),
  async answerTo(ask) {
    const schedules = (await loadSchedules(ask)).map(({ nextAt, runs, ...schedule }) => ({
      ...schedule,
      ...(nextAt === undefined ? {} : { nextAt }),
      runs: runs.map(({ startedAt, endedAt, error, ...run }) => ({
        ...run,
        ...(startedAt === undefined ? {} : { startedAt }),
        ...(endedAt === undefined ? {} : { endedAt }),
        ...(error === undefined ? {} : { error }),
      })),
    }));
    return { kind: 'json', value: { schedules } };
  },
});
