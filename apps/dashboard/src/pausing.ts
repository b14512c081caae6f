import { actDone } from '@hookline/core';
import { turnQueue } from '@hookline/operations';
import { z } from 'zod';
import { defineRoute, notFound, type AnyRoute } from './route.ts';

/** What an act is told with: the reason lands in the audit. */
export const ACT_BODY = z.looseObject({ reason: z.string().max(500).optional() });

/** Stops a queue from giving out jobs, or lets it go on. What runs already runs to its end. */
export function pausingRoute(verb: 'pause' | 'resume', says: string): AnyRoute {
  return defineRoute({
    method: 'POST',
    path: `/queues/:name/${verb}`,
    says,
    body: ACT_BODY,
    answer: z.object({ name: z.string(), paused: z.boolean() }),
    async answerTo(ask, { body }) {
      const { name = '' } = ask.params;
      const queue = (await ask.desk.queues()).find((each) => each.name === name);
      if (queue === undefined) return notFound('queue');
      await turnQueue(queue, verb);
      await ask.desk.note(actDone(ask.viewer.name, `queue.${verb}`, name, body.reason));
      return { kind: 'json', value: { name, paused: verb === 'pause' } };
    },
  });
}
