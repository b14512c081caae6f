import { badRequest, defineRoute, notFound, PAYLOADS_CLOSED, type Reply } from '../route.ts';

/** Whatever came in: no browser may take it for a page of ours. */
const HEADERS = {
  'content-type': 'application/octet-stream',
  'content-disposition': 'attachment; filename="body"',
  'content-security-policy': "default-src 'none'; sandbox",
  'cache-control': 'no-store',
};

export default defineRoute({
  method: 'GET',
  path: '/events/:id/body',
  says: 'The exact bytes that came in',
  async answerTo({ desk, params: { id = '' }, viewer }): Promise<Reply<unknown>> {
    if (!viewer.seesPayloads) return PAYLOADS_CLOSED;
    const detail = await desk.log.detail(id);
    if (detail === undefined) return notFound('event');
    const content = await desk.log.content(detail.event.id);
    if (content === undefined) return badRequest('its body was given up to make room, or is damaged');
    return { kind: 'bytes', bytes: content.body, headers: HEADERS };
  },
});
