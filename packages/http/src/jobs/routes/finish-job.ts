import { problemAnswer } from '../../wire/problem.ts';
import * as refusals from '../refusals.ts';
import { readFinish } from '../request.ts';
import { changed, type AnsweringRoute } from '../route.ts';

const LONGEST_TOKEN = 256;
const UNKNOWN = { kind: 'unknown' } as const;

/** `POST /finish/:id`: completes a processing job from outside. */
export default {
  method: 'POST',
  path: '/finish/:id',
  reads: 'one',
  /** The job's own token stands in for an API key, where the address carries it. */
  async admit({ id, search, headers, peer, ask }, { service, tokens }) {
    const token = search.get('token');
    if (id !== undefined && token !== null && token !== '' && token.length <= LONGEST_TOKEN)
      switch (await tokens.try(peer, () => ask(() => service.mayFinish(id, token)))) {
        case true:
          return { kind: 'token', token };
        case 'busy':
          return headers.authorization === undefined
            ? { kind: 'refused', problem: refusals.TOO_MANY_TOKENS }
            : { kind: 'needs-key' };
      }
    return headers.authorization === undefined
      ? { kind: 'refused', problem: refusals.FINISH_REFUSED }
      : { kind: 'needs-key' };
  },
  async answer({ id, body, token, ask }, parts) {
    const read = readFinish(body);
    if (!read.ok) return problemAnswer(refusals.invalid('invalid_finish', read.errors));
    const finished =
      id === undefined ? UNKNOWN : await ask(() => parts.service.finish(id, read.value, token));
    switch (finished.kind) {
      case 'finished':
        return changed(parts, 'finished from outside', 200, finished.job);
      case 'wrong-status':
        return problemAnswer(refusals.notProcessing(finished.status));
      case 'finishes-itself':
        return problemAnswer(refusals.FINISHES_ITSELF);
      case 'refused':
        return problemAnswer(refusals.FINISH_REFUSED);
      case 'unknown':
        return problemAnswer(refusals.UNKNOWN_JOB_ID);
    }
  },
} satisfies AnsweringRoute;
