import { actDone } from '@hookline/core';
import { pauseSchedule, resumeSchedule, runSchedule } from '@hookline/redis';
import { z } from 'zod';
import type { Ask } from './desk.ts';
import { ACT_BODY } from './pausing.ts';
import { defineRoute, notFound, type AnyRoute } from './route.ts';

const DO = {
  pause: async ({ desk, params: { name = '' } }: Ask) =>
    pauseSchedule(desk.log.partitions, await desk.queues(), name),
  resume: async ({ desk, params: { name = '' } }: Ask) =>
    resumeSchedule(desk.log.partitions, await desk.queues(), name),
  run: async ({ desk, now, params: { name = '' } }: Ask) =>
    (await runSchedule(desk.log.partitions, await desk.queues(), name, now)) ?? false,
} as const;

/** What is done to a schedule, with a line in the audit. */
export function scheduleRoute(verb: keyof typeof DO, says: string): AnyRoute {
  return defineRoute({
    method: 'POST',
    path: `/schedules/:name/${verb}`,
    says,
    body: ACT_BODY,
    answer: z.object({ name: z.string(), jobId: z.string().optional() }),
    async answerTo(ask, { body }) {
      const { name = '' } = ask.params;
      const done = await DO[verb](ask);
      if (done === false) return notFound(verb === 'resume' ? 'paused schedule' : 'schedule');
      await ask.desk.note(actDone(ask.viewer.name, `schedule.${verb}`, name, body.reason));
      return { kind: 'json', value: { name, ...(typeof done === 'string' ? { jobId: done } : {}) } };
    },
  });
}
