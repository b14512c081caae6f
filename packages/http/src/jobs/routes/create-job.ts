import { jsonAnswer } from '../../wire/json.ts';
import { readJob } from '../request.ts';
import type { AnsweringRoute } from '../route.ts';
import { create } from './create-jobs.ts';

/** `POST /job`: creates one job. */
export default {
  method: 'POST',
  path: '/job',
  reads: 'one',
  answer: (call, parts) =>
    create(
      call,
      parts,
      (body) => readJob(body, parts.now()),
      ([job]) => {
        if (job === undefined) throw new Error('the store created no job');
        return jsonAnswer(201, job, { location: `/job/${job.id}` });
      },
    ),
} satisfies AnsweringRoute;
