import { isName, type JobQuery, type JobStatus, type NewJob } from '@hookline/core';
import { v7 as newId } from 'uuid';
import { z } from 'zod';
import { jobSchema, NAME } from './options.ts';
import type { FieldError } from './refusals.ts';

/** What a request came to, or everything that is wrong with it. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** BullMQ runs jobs without a priority before all others, so every job has one. */
const USUAL_PRIORITY = 5;
const MOST_JOBS = 1_000;
const [USUAL_PAGE, LARGEST_PAGE] = [50, 200];

/** Ours, other people's own, and those of jobs that jobs queued, which name what queued them. */
const JOB_ID = /^[A-Za-z0-9._~-]{1,1000}$/;

export function isJobId(id: string): boolean {
  return JOB_ID.test(id);
}

/** @param now milliseconds since the epoch */
export function readJob(body: unknown, now: number): Read<readonly [NewJob]> {
  const parsed = read(jobSchema(now), body);
  return parsed.ok ? { ok: true, value: [newJob(parsed.value, now)] } : parsed;
}

/**
 * Reads a list of jobs, all or none.
 * @param dataLimit the most bytes of one job's data: a list is no way around the limit of a single one
 */
export function readJobs(body: unknown, now: number, dataLimit: number): Read<readonly NewJob[]> {
  const size = `must be a list of 1 to ${MOST_JOBS.toLocaleString('en')} jobs`;
  const parsed = read(z.array(jobSchema(now), size).min(1, size).max(MOST_JOBS, size), body);
  if (!parsed.ok) return parsed;
  const jobs = parsed.value.map((request) => newJob(request, now));
  const errors = [...repeatedIds(jobs), ...tooLarge(jobs, dataLimit)];
  return errors.length === 0 ? { ok: true, value: jobs } : { ok: false, errors };
}

/** The result that a finished job gets; none where the body is empty. */
export function readFinish(body: unknown): Read<unknown> {
  if (body === undefined) return { ok: true, value: undefined };
  const message = 'must be an object: put what the job comes to into its `result`, or send no body';
  const parsed = read(z.strictObject({ result: z.exactOptional(z.unknown()) }, message), body);
  return parsed.ok ? { ok: true, value: parsed.value.result } : parsed;
}

const STATUSES = ['pending', 'processing', 'succeeded', 'failed'] as const satisfies readonly JobStatus[];
const COUNT = `must be a whole number from 1 to ${LARGEST_PAGE}`;
const query = z.strictObject(
  {
    status: z.exactOptional(z.enum(STATUSES, `must be one of ${STATUSES.join(', ')}`)),
    name: z.exactOptional(z.string().refine(isName, NAME)),
    after: z.exactOptional(z.string().refine(isJobId, 'must be the `next` of the page before')),
    count: z.exactOptional(
      z
        .string()
        .regex(/^\d{1,3}$/, COUNT)
        .transform(Number)
        .refine((count) => count >= 1 && count <= LARGEST_PAGE, COUNT),
    ),
  },
  'has only status, name, after and count',
);

export function readQuery(parameters: URLSearchParams): Read<JobQuery> {
  const names = [...parameters.keys()];
  const repeated = names.find(
    (name, index) => names.indexOf(name) !== index && Object.hasOwn(query.shape, name),
  );
  if (repeated !== undefined)
    return { ok: false, errors: [{ path: repeated, message: 'is there twice: send it once' }] };
  const parsed = read(query, Object.fromEntries(parameters));
  return parsed.ok ? { ok: true, value: { count: USUAL_PAGE, ...parsed.value } } : parsed;
}

function newJob(
  { name = 'default', data, options = {} }: z.output<ReturnType<typeof jobSchema>>,
  now: number,
): NewJob {
  const { id = newId(), priority = USUAL_PRIORITY, delay, runAt = now, metadata, ...run } = options;
  const wait = delay ?? runAt - now;
  return {
    id,
    name,
    data,
    priority,
    ...(wait > 0 ? { delay: wait } : {}),
    ...(Object.keys(run).length > 0 ? { options: run } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function repeatedIds(jobs: readonly NewJob[]): FieldError[] {
  const first = new Map<string, number>();
  return jobs.flatMap(({ id }, index) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, index);
    return before === undefined
      ? []
      : [{ path: `${index}.options.id`, message: `is that of entry ${before} too: one id is one job` }];
  });
}

function tooLarge(jobs: readonly NewJob[], limit: number): FieldError[] {
  return jobs.flatMap(({ data }, index) =>
    Buffer.byteLength(JSON.stringify(data)) <= limit
      ? []
      : [{ path: `${index}.data`, message: `must be at most ${limit.toLocaleString('en')} bytes of JSON` }],
  );
}

function read<T>(schema: z.ZodType<T>, value: unknown): Read<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, errors: parsed.error.issues.flatMap(fieldErrors) };
}

/** A key that nobody knows is the caller's own text: it is repeated only where it looks like an option's name. */
function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) =>
    isName(key)
      ? {
          path: [...path, key].join('.'),
          message: 'is not known here: leave it out, or check how it is written',
        }
      : { path: path.join('.'), message: issue.message },
  );
}
