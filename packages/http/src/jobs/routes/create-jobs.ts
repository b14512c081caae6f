import { jobListTime, type JobSummary, type NewJob } from '@hookline/core';
import type { Answer } from '../../wire/answer.ts';
import { jsonAnswer, MALFORMED_JSON } from '../../wire/json.ts';
import { problemAnswer } from '../../wire/problem.ts';
import * as refusals from '../refusals.ts';
import { readJobs, type Read } from '../request.ts';
import type { AnsweringRoute, JobApiParts, JobCall } from '../route.ts';

/** `POST /jobs`: creates a list of jobs, all or none. */
export default {
  method: 'POST',
  path: '/jobs',
  reads: 'many',
  answer: (call, parts) =>
    create(
      call,
      parts,
      (body) => readJobs(body, parts.now(), parts.bodyLimit),
      (created) => jsonAnswer(201, created),
    ),
} satisfies AnsweringRoute;

/** @param read the jobs that the body asks for @param say how they are answered */
export async function create(
  { body, ask }: JobCall,
  { service, log, mayLogFailure }: JobApiParts,
  read: (body: unknown) => Read<readonly NewJob[]>,
  say: (created: readonly JobSummary[]) => Answer,
): Promise<Answer> {
  if (body === undefined) return problemAnswer(MALFORMED_JSON);
  const asked = read(body);
  if (!asked.ok) return problemAnswer(refusals.invalid('invalid_job', asked.errors));
  const moreMs = timeFor(asked.value);
  const result = await ask(() => service.create(asked.value, moreMs), moreMs);
  switch (result.kind) {
    case 'unknown-name':
      return problemAnswer(refusals.unknownJob(result.names, result.known));
    case 'reserved-id':
      return problemAnswer(refusals.reservedIds(result.ids));
    case 'full':
      if (mayLogFailure()) log.error('jobs were not created', { reason: result.reason });
      return problemAnswer(refusals.FULL);
    case 'created': {
      const [first] = result.jobs;
      log.info('created', { count: result.jobs.length, job: first?.id, runs: first?.name });
      return say(result.jobs);
    }
  }
}

function timeFor(jobs: readonly NewJob[]): number {
  const bytes = jobs.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data) ?? ''), 0);
  return jobListTime(jobs.length, bytes);
}
