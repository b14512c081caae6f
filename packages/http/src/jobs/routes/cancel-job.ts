import { apiKeyFrom } from '../../auth/identity.ts';
import { problemAnswer } from '../../wire/problem.ts';
import * as refusals from '../refusals.ts';
import { changed, type AnsweringRoute } from '../route.ts';

/** `DELETE /job/:id`: ends a job that is not over. */
export default {
  method: 'DELETE',
  path: '/job/:id',
  async answer({ id, ask, peer }, parts) {
    if (id === undefined) return problemAnswer(refusals.UNKNOWN_JOB_ID);
    const result = await ask(() => parts.service.cancel(id, apiKeyFrom(peer)));
    switch (result.kind) {
      case 'cancelled':
        return changed(parts, 'cancelled', 200, result.job);
      case 'over':
        return problemAnswer(refusals.jobOver(result.status));
      case 'unknown':
        return problemAnswer(refusals.UNKNOWN_JOB_ID);
    }
  },
} satisfies AnsweringRoute;
