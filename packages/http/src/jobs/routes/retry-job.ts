import { apiKeyFrom } from '../../auth/identity.ts';
import { problemAnswer } from '../../wire/problem.ts';
import * as refusals from '../refusals.ts';
import { changed, type AnsweringRoute } from '../route.ts';

/** `POST /job/:id/retry`: queues a failed job once more. */
export default {
  method: 'POST',
  path: '/job/:id/retry',
  async answer({ id, ask, peer }, parts) {
    if (id === undefined) return problemAnswer(refusals.UNKNOWN_JOB_ID);
    const result = await ask(() => parts.service.retry(id, apiKeyFrom(peer)));
    switch (result.kind) {
      case 'queued':
        return changed(parts, 'queued again', 202, result.job);
      case 'not-failed':
        return problemAnswer(refusals.jobNotFailed(result.status));
      case 'unknown':
        return problemAnswer(refusals.UNKNOWN_JOB_ID);
    }
  },
} satisfies AnsweringRoute;
