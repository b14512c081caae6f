import { isName, MAX_ATTEMPTS, milliseconds } from '@hookline/core';
import { z } from 'zod';

const DAY_MS = 86_400_000;
const LONGEST_WAIT_MS = 365 * DAY_MS;
/** What a timer can wait for, 2^31 - 1 ms, rounded down to days. */
const LONGEST_TIMEOUT_MS = 24 * DAY_MS;
/** BullMQ's. */
const LAST_PRIORITY = 2_097_151;
const METADATA_BYTES = 16 * 1024;

const OWN_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;

const optional = z.exactOptional;

function whole(least: number, most: number, what: string) {
  const message = `must be a whole number from ${shown(least)} to ${shown(most)}: ${what}`;
  return z
    .number(message)
    .refine((count) => Number.isInteger(count) && count >= least && count <= most, message);
}

function shown(count: number): string {
  return count.toLocaleString('en');
}

/** Milliseconds or `'30s'`, read as milliseconds. */
function duration(least: number, most: number, bounds: string) {
  const message = `must be ${bounds}: milliseconds, or a number with ms, s, m, h or d, like '30s'`;
  return z.union([z.number(), z.string()], message).transform((given, context) => {
    const length = readDuration(given);
    if (length >= least && length <= most) return length;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

function readDuration(given: number | string): number {
  try {
    return milliseconds(given);
  } catch {
    return Number.NaN;
  }
}

const wait = duration(0, LONGEST_WAIT_MS, '0 to 365 days');

const TIME =
  "must be a time: milliseconds since 1970, or ISO 8601 with its zone, like '2026-11-22T12:00:00Z'";
const zonedTime = z.iso.datetime({ offset: true, error: TIME }).transform((text) => Date.parse(text));

/** A time from 2001 to 2286 in seconds is one in early 1970 in milliseconds, and would begin at once. */
function looksLikeSeconds(time: number): boolean {
  return time >= 1e9 && time < 1e10;
}

function moment(now: number) {
  return z
    .union([z.number(TIME).refine((time) => Number.isSafeInteger(time) && time >= 0, TIME), zonedTime], TIME)
    .refine((time) => !looksLikeSeconds(time), 'looks like seconds: multiply it by 1,000')
    .refine((time) => time - now <= LONGEST_WAIT_MS, 'is too far ahead: the most is 365 days from now');
}

const SHARE = 'must be a share from 0 to 1';
const backoff = z.strictObject(
  {
    type: optional(z.enum(['fixed', 'exponential'], "must be 'fixed' or 'exponential'")),
    delay: optional(wait),
    max: optional(wait),
    jitter: optional(z.number(SHARE).refine((share) => share >= 0 && share <= 1, SHARE)),
  },
  'must be an object with any of type, delay, max and jitter',
);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const metadata = z
  .custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object')
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= METADATA_BYTES,
    `must be at most ${shown(METADATA_BYTES)} bytes of JSON: put the rest into data`,
  );

function options(now: number) {
  return z
    .strictObject(
      {
        delay: optional(wait),
        runAt: optional(moment(now)),
        priority: optional(whole(1, LAST_PRIORITY, '1 is first, larger is later')),
        attempts: optional(whole(1, MAX_ATTEMPTS, 'all tries, the first one included')),
        backoff: optional(backoff),
        timeout: optional(duration(1, LONGEST_TIMEOUT_MS, '1 ms to 24 days')),
        id: optional(
          z
            .string('must be a text')
            .regex(OWN_ID, 'must be 1 to 128 letters, digits, `.`, `_` or `-`, and not `.` or `..` alone'),
        ),
        metadata: optional(metadata),
      },
      'must be an object with any of delay, runAt, priority, attempts, backoff, timeout, id and metadata',
    )
    .refine(({ delay, runAt }) => delay === undefined || runAt === undefined, {
      path: ['runAt'],
      message: 'cannot stand beside delay: send one of them',
    });
}

/** A job's request. @param now milliseconds since the epoch, for what must not be too far ahead */
export function jobSchema(now: number) {
  return z.strictObject(
    {
      name: optional(z.string(NAME).refine(isName, NAME)),
      data: z.custom<unknown>(
        (value) => value !== undefined,
        'is missing: send what the job works on, or null',
      ),
      options: optional(options(now)),
    },
    'must be an object with data, and any of name and options',
  );
}

export const NAME = "must be a job's name: 1 to 64 letters, digits, `_` or `-`, the first a letter or digit";
