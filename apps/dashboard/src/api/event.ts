import { z } from 'zod';
import { partitionNumberOf } from '../partition-number.ts';
import { defineRoute, notFound } from '../route.ts';
import { EVENT, TIMELINE_ENTRY } from '../shapes.ts';
import { showEventTo } from '../shown-event.ts';

export default defineRoute({
  method: 'GET',
  path: '/events/:id',
  says: "One event, by our id or the provider's own, with all that was done with it",
  answer: z.object({
    event: EVENT.extend({
      bytes: z.number().optional(),
      sha256: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      partition: z.number().optional().describe('Where it belongs, of several'),
    }),
    deliveries: z.array(
      z.object({
        handler: z.string(),
        status: z.string(),
        reason: z.string().optional().describe('The condition of its filter that did not hold'),
        waitsFor: z.unknown().optional(),
      }),
    ),
    timeline: z.array(TIMELINE_ENTRY),
  }),
  async answerTo(ask) {
    const { params, viewer } = ask;
    const shown = await showEventTo(ask, params['id'] ?? '');
    if (shown === undefined) return notFound('event');
    const { event, bytes, sha256, headers, outlook, timeline } = shown;
    const partition = partitionNumberOf(ask.desk.log.partitions, event);
    return {
      kind: 'json',
      value: {
        event: {
          ...event,
          ...(bytes === undefined ? {} : { bytes }),
          ...(sha256 === undefined ? {} : { sha256 }),
          ...(viewer.seesPayloads ? { headers } : {}),
          ...(partition === undefined ? {} : { partition }),
        },
        deliveries: Object.entries(event.deliveries).map(([handler, status]) => ({
          handler,
          status,
          ...(event.filtered?.[handler] === undefined ? {} : { reason: event.filtered[handler] }),
          ...(outlook[handler] === undefined ? {} : { waitsFor: outlook[handler] }),
        })),
        timeline: timeline.map((entry) => ({ ...entry })),
      },
    };
  },
});
