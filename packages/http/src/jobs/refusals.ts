import type { JobStatus } from '@hookline/core';
import type { Problem } from '../wire/problem.ts';

/** One thing that is wrong with a request, and where: `options.priority`, in a list `3.options.priority`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A refusal of the job API. `status` is HTTP's, as RFC 9457 has it, so the job's stands apart. */
export interface JobProblem extends Problem {
  readonly jobStatus?: JobStatus;
  readonly errors?: readonly FieldError[];
}

const RETRY_AFTER_S = '2';
/** More would not help anybody. */
const SHOWN = 20;

const INVALID = {
  invalid_job: { title: 'The job cannot be taken as it is', whole: 'The body' },
  invalid_finish: { title: 'The job cannot be finished with this', whole: 'The body' },
  invalid_query: { title: 'The query cannot be answered as it is', whole: 'The query' },
};

export function invalid(error: keyof typeof INVALID, errors: readonly FieldError[]): JobProblem {
  const { title, whole } = INVALID[error];
  const [detail] = errors.map(({ path, message }) => `${path || whole} ${message}.`);
  return {
    status: 422,
    error,
    title,
    ...(detail === undefined ? {} : { detail }),
    errors: errors.slice(0, SHOWN),
  };
}

/** @param names valid names, so safe to repeat */
export function unknownJob(names: readonly string[], known: readonly string[]): Problem {
  return {
    status: 422,
    error: 'unknown_job',
    title: 'No worker knows this job',
    detail: `Unknown: ${listed(names)}. Known: ${listed(known) || 'none'}.`,
  };
}

/** @param ids valid ids, so safe to repeat */
export function reservedIds(ids: readonly string[]): Problem {
  return {
    status: 422,
    error: 'invalid_job',
    title: INVALID.invalid_job.title,
    detail: `The queues keep the id ${listed(ids)} for themselves: put something before it.`,
  };
}

function listed(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

export const UNKNOWN_JOB_ID: Problem = {
  status: 404,
  error: 'unknown_job_id',
  title: 'There is no job with this id',
  detail: 'It never was, or its retention time is over.',
};

export const UNKNOWN_CURSOR: Problem = {
  status: 422,
  error: 'unknown_cursor',
  title: 'The job that `after` names is no longer there',
  detail: 'Begin again without `after`.',
};

export function jobOver(jobStatus: JobStatus): JobProblem {
  return {
    status: 409,
    error: 'job_over',
    title: 'The job is over already',
    detail: `It has ${jobStatus}; only a pending or processing job can be cancelled.`,
    jobStatus,
  };
}

export function jobNotFailed(jobStatus: JobStatus): JobProblem {
  return {
    status: 409,
    error: 'job_not_failed',
    title: 'The job has not failed',
    detail: `It is ${jobStatus}; only a failed job can be retried.`,
    jobStatus,
  };
}

const NOT_PROCESSING = {
  pending: { error: 'job_pending', title: 'The job has not started' },
  succeeded: { error: 'job_done', title: 'The job is already finished' },
  failed: { error: 'job_failed', title: 'The job failed before' },
};

export function notProcessing(jobStatus: keyof typeof NOT_PROCESSING): JobProblem {
  const detail = 'Only a processing job can be finished.';
  return { status: 400, ...NOT_PROCESSING[jobStatus], detail, jobStatus };
}

export const FINISHES_ITSELF: Problem = {
  status: 400,
  error: 'job_finishes_itself',
  title: 'The job finishes itself',
  detail: "Only a job whose definition says completion: 'external' is finished from outside.",
};

/** The same whether there is such a job or not. */
export const FINISH_REFUSED: Problem = {
  status: 401,
  error: 'finish_refused',
  title: 'This needs the token of the job or an API key',
  detail: 'Use the address that the job was sent out with, or send "Authorization: Bearer <key>".',
  headers: { 'www-authenticate': 'Bearer realm="Hookline"' },
};

export const TOO_MANY_TOKENS: Problem = {
  status: 429,
  error: 'too_many_tokens',
  title: 'Too many wrong tokens come from there',
  detail: 'Send it again after the time in Retry-After (seconds), or with "Authorization: Bearer <key>".',
  headers: { 'retry-after': RETRY_AFTER_S },
};

export const BAD_LAST_EVENT_ID: Problem = {
  status: 400,
  error: 'bad_last_event_id',
  title: 'Last-Event-ID is not the id of a frame',
  detail: 'Send the id of the last frame that you have, or none to begin anew.',
};

export const TOO_MANY_STREAMS: Problem = {
  status: 503,
  error: 'too_many_streams',
  title: 'Too many streams are open, of all, of this job or of this key',
  detail: 'Come again after the time in Retry-After (seconds), or ask for the job itself.',
  headers: { 'retry-after': RETRY_AFTER_S },
};

export const UNAVAILABLE: Problem = {
  status: 503,
  error: 'unavailable',
  title: 'The job store does not answer',
  detail:
    'Whether the request took effect is not known. Send it again after the time in Retry-After (seconds): a job with an id of your own is never created twice.',
  headers: { 'retry-after': RETRY_AFTER_S },
};

/** Longer than for others: room comes from workers that drain, or from an operator. */
export const FULL: Problem = {
  status: 503,
  error: 'store_full',
  title: 'The job store is nearly full, and what room is left is kept for working off what it holds',
  detail: 'Nothing was created. Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': '10' },
};

export function wrongMethod(allowed: readonly string[]): Problem {
  return {
    status: 405,
    error: 'method_not_allowed',
    title: 'This address is not for that method',
    headers: { allow: allowed.join(', ') },
  };
}
