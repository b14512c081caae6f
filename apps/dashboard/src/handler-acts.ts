import { turnHandler } from '@hookline/operations';
import { z } from 'zod';
import { ACT_BODY } from './pausing.ts';
import { defineRoute, notFound, type AnyRoute } from './route.ts';

/** Pauses a handler or lets it go on, with a line in the audit. To ask for what is so already changes nothing. */
export function handlerRoute(verb: 'pause' | 'resume', says: string): AnyRoute {
  return defineRoute({
    method: 'POST',
    path: `/handlers/:name/${verb}`,
    says,
    body: ACT_BODY,
    answer: z.object({ name: z.string(), paused: z.boolean() }),
    async answerTo({ desk, viewer, now, params: { name = '' } }, { body: { reason } }) {
      const turned = await turnHandler(desk.log, name, verb, { by: viewer.name, reason, now });
      return turned.kind === 'unknown'
        ? notFound('handler')
        : { kind: 'json', value: { name, paused: verb === 'pause' } };
    },
  });
}
