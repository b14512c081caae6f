import { isPlace } from '../frame.ts';
import * as refusals from '../refusals.ts';
import type { StreamingRoute } from '../route.ts';

/** `GET /job/:id/stream`: what happens to a job, as server-sent events. */
export default {
  method: 'GET',
  path: '/job/:id/stream',
  follow({ id, headers, search }) {
    if (id === undefined) return refusals.UNKNOWN_JOB_ID;
    const given = headers['last-event-id'] || search.get('lastEventId') || undefined;
    const after = given?.toString();
    return after !== undefined && !isPlace(after) ? refusals.BAD_LAST_EVENT_ID : { jobId: id, after };
  },
} satisfies StreamingRoute;
