import { badRequest, defineRoute, notFound, PAYLOADS_CLOSED, type Reply } from '../route.ts';

export default defineRoute({
  method: 'GET',
  path: '/events/:id/sample',
  says: 'The event as a file for `hookline send --sample`: what came in, without its signature',
  async answerTo({ desk, params: { id = '' }, viewer }): Promise<Reply<unknown>> {
    if (!viewer.seesPayloads) return PAYLOADS_CLOSED;
    const event = (await desk.log.detail(id))?.event;
    if (event === undefined) return notFound('event');
    const sample = await desk.log.sample(event);
    if (sample === undefined) return badRequest('its body was given up to make room, or is damaged');
    const name = `${event.provider}.${event.type}`.replaceAll(/[^\w.-]/g, '_').slice(0, 100);
    return {
      kind: 'bytes',
      bytes: Buffer.from(`${JSON.stringify(sample, null, 2)}\n`),
      headers: {
        'content-type': 'application/json',
        'content-disposition': `attachment; filename="${name}.json"`,
        'cache-control': 'no-store',
      },
    };
  },
});
