import { isName, MAX_ATTEMPTS, milliseconds, type Duration } from '@hookline/core';
import { jobIdProblem, type MovedJob, type MovedQueued, type MovedRecord } from '@hookline/redis';
import { z } from 'zod';

/** Of the lines that this version writes, and the newest that it reads. */
const VERSION = 1;

/** BullMQ's. */
const LAST_PRIORITY = 2_097_151;
/** BullMQ's due times are exact until then. */
const LAST_TIME = Date.UTC(2039, 0);

const optional = z.exactOptional;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kept as it was parsed: a schema that copies would lose keys like `__proto__`. */
const anything = z.custom<unknown>((value) => value !== undefined, 'is missing');
const object = z.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object');
const texts = z.custom<Readonly<Record<string, string>>>(
  (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'string'),
  'must be an object of texts',
);
const whole = (least: number, most: number, unit = '') => {
  const message = `must be a whole number from ${least} to ${most}${unit}`;
  return z.number(message).int(message).min(least, message).max(most, message);
};
const count = whole(0, Number.MAX_SAFE_INTEGER);
const time = whole(0, LAST_TIME, ', in milliseconds since 1970');
const id = z
  .string('must be a text')
  .regex(/^[^\s:]{1,2000}$/, "must be 1 to 2000 characters without white space or ':'");
/** Of a job that BullMQ is to keep under that very name. */
const queuedId = id.superRefine((value, { addIssue }) => {
  const problem = jobIdProblem(value);
  if (problem !== undefined) addIssue(`'${value.slice(0, 100)}' cannot be: ${problem}`);
});
/** A record of that name would be where another job's stream is. */
const recordId = id.refine((value) => !value.endsWith('/stream'), "must not end in '/stream'");
const text = z.string('must be a text');
const queue = text.refine(isName, "must be 1 to 64 letters, digits, '_' and '-'");
const duration = z.custom<Duration>(isDuration, "must be milliseconds, or a text like '30s'");

function isDuration(value: unknown): boolean {
  try {
    return milliseconds(value as Duration) >= 0;
  } catch {
    return false;
  }
}

const options = z.strictObject({
  attempts: optional(whole(1, MAX_ATTEMPTS)),
  backoff: optional(
    z.strictObject({
      type: optional(z.enum(['fixed', 'exponential'], "must be 'fixed' or 'exponential'")),
      delay: optional(duration),
      max: optional(duration),
      jitter: optional(z.number().min(0).max(1)),
    }),
  ),
  timeout: optional(whole(1, 2_147_483_647, ' ms')),
});

const common = {
  id,
  queue,
  created: time,
  data: anything,
  priority: optional(whole(1, LAST_PRIORITY)),
  runAt: optional(time),
  options: optional(options),
  metadata: optional(object),
};

const tracked = z
  .strictObject({
    kind: z.literal('tracked'),
    ...common,
    id: recordId,
    name: queue,
    status: z.enum(
      ['pending', 'processing', 'succeeded', 'failed'],
      'must be pending, processing, succeeded or failed',
    ),
    updated: time,
    startedAt: optional(time),
    expires: optional(count),
    attempt: optional(count),
    maxAttempts: optional(count),
    effects: optional(texts),
    output: z.array(
      z.strictObject({ step: count, timestamp: time, processingTime: count, data: anything }),
      'must be a list of steps',
    ),
    result: optional(anything),
    error: optional(z.strictObject({ name: text, message: text }, 'must be an object of name and message')),
  })
  .refine(({ status, error }) => (status === 'failed') === (error !== undefined), {
    path: ['error'],
    message: 'must be there for a failed job, and for no other',
  })
  .refine(({ status, result }) => (status === 'succeeded') === (result !== undefined), {
    path: ['result'],
    message: 'must be there for a succeeded job (null when it has none), and for no other',
  }) satisfies z.ZodType<MovedRecord>;

const queued = z
  .strictObject({
    kind: z.literal('queued'),
    ...common,
    id: queuedId,
    name: text.min(1, 'must not be empty'),
    state: z.enum(['waiting', 'delayed', 'active', 'failed'], 'must be waiting, delayed, active or failed'),
    workId: optional(id),
    keep: optional(z.strictObject({ completed: optional(count), failed: optional(count) })),
    end: optional(
      z.strictObject(
        { at: time, attempts: count, message: text, stack: optional(text) },
        'must be an object',
      ),
    ),
  })
  .refine(({ state, end }) => (state === 'failed') === (end !== undefined), {
    path: ['end'],
    message: 'must be there for a failed job, and for no other',
  }) satisfies z.ZodType<MovedQueued>;

/** One job as one line, without its line end. */
export function formatLine(job: MovedJob): string {
  return JSON.stringify({ version: VERSION, ...job });
}

/**
 * Reads what `formatLine` wrote.
 * @throws Error that names what is wrong, and what would be right
 */
export function parseLine(line: Uint8Array): MovedJob {
  const { version, ...job } = readJson(decode(line));
  if (typeof version === 'number' && version > VERSION)
    throw new Error(
      `is of version ${version}, and this Hookline reads up to version ${VERSION}: import it with a newer one`,
    );
  if (version !== VERSION)
    throw new Error(`version must be ${VERSION}: is this a file that 'jobs export' wrote?`);
  if (job['kind'] !== 'tracked' && job['kind'] !== 'queued')
    throw new Error('kind must be tracked or queued');
  const parsed = job['kind'] === 'tracked' ? tracked.safeParse(job) : queued.safeParse(job);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(explain).join('; '));
}

function decode(line: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch {
    throw new Error('is not UTF-8: was the file stored in another encoding?');
  }
}

function readJson(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error('is not JSON: was the file cut off, or something else written into it?');
  }
  if (!isObject(value)) throw new Error("is no object: is this a file that 'jobs export' wrote?");
  return value;
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `${[...issue.path, issue.keys[0]].join('.')} is not known here: remove it`;
  return `${issue.path.join('.')} ${issue.message}`;
}
