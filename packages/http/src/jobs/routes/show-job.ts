import { jsonAnswer } from '../../wire/json.ts';
import { problemAnswer } from '../../wire/problem.ts';
import * as refusals from '../refusals.ts';
import type { AnsweringRoute } from '../route.ts';

/** `GET /job/:id`: a job with its steps. */
export default {
  method: 'GET',
  path: '/job/:id',
  async answer({ id, ask }, { service }) {
    const job = id === undefined ? undefined : await ask(() => service.get(id));
    return job === undefined ? problemAnswer(refusals.UNKNOWN_JOB_ID) : jsonAnswer(200, job);
  },
} satisfies AnsweringRoute;
