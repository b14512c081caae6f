import { z } from 'zod';
import type { Ask } from './desk.ts';
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
      await (verb === 'pause' ? queue.pause() : queue.resume());
      await noteQueueAct(ask, `queue.${verb}`, name, body.reason);
      return { kind: 'json', value: { name, paused: verb === 'pause' } };
    },
  });
}

function noteQueueAct({ desk, viewer }: Ask, action: string, target: string, reason: string | undefined) {
  return desk.note({
    actor: viewer.name,
    action,
    target,
    outcome: 'done',
    ...(reason === undefined || reason === '' ? {} : { detail: reason }),
  });
}
