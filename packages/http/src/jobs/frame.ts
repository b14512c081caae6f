import type { JobFrame, JobRecord } from '@hookline/core';

/** Frames are many clients' at once: each is written out once, however many they are. */
const written = new WeakMap<JobFrame, Buffer>();

export function isLast({ type }: JobFrame): boolean {
  return type === 'completed' || type === 'failed';
}

/** A frame as it goes over the wire. */
export function frameBytes(jobId: string, frame: JobFrame): Buffer {
  const before = written.get(frame);
  if (before !== undefined) return before;
  const { type: _type, jobId: _jobId, ...fields } = frame.fields;
  const shown = Object.entries(fields).map(([name, value]) => [
    name,
    JSON_FIELDS.has(name) ? parsed(value) : value,
  ]);
  const bytes = serverSentEvent(frame.id, { type: frame.type, jobId, ...Object.fromEntries(shown) });
  written.set(frame, bytes);
  return bytes;
}

/**
 * Tells a client that steps are missing before the one that comes next. It has the place where the client stands.
 * @param nextStep the number of the first that is left
 */
export function truncatedEvent(place: string, jobId: string, missing: number, nextStep: number): Buffer {
  const content = { type: 'truncated', jobId, missing: String(missing), nextStep: String(nextStep) };
  return serverSentEvent(place, content);
}

/** One event: JSON has no line breaks of its own, so its data is one line. */
export function serverSentEvent(id: string, content: unknown): Buffer {
  return Buffer.from(`id: ${id}\ndata: ${JSON.stringify(content)}\n\n`);
}

const JSON_FIELDS = new Set(['data', 'result', 'error']);

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

/** The most that the second part of a place can be. */
const LAST_OF_MS = '18446744073709551615';
const PLACE = /^\d{1,20}-\d{1,20}$/;

/** Whether this can be a frame's id. The very last place cannot: Redis refuses to look behind it. */
export function isPlace(id: string): boolean {
  if (id === `${LAST_OF_MS}-${LAST_OF_MS}`) return false;
  return PLACE.test(id) && id.split('-').every((part) => BigInt(part) <= BigInt(LAST_OF_MS));
}

/** Whether one place is before another. */
export function isBefore(place: string, other: string): boolean {
  const [ms = 0n, sequence = 0n] = place.split('-').map(BigInt);
  const [otherMs = 0n, otherSequence = 0n] = other.split('-').map(BigInt);
  return ms < otherMs || (ms === otherMs && sequence < otherSequence);
}

/**
 * The last frame of a job whose own frames are no longer there. Its place is behind all that happened until then,
 * and before whatever a retry will add.
 */
export function lastFrameOf({ status, updated, result, error }: JobRecord): JobFrame {
  const type = status === 'succeeded' ? 'completed' : 'failed';
  return {
    id: `${updated}-${LAST_OF_MS}`,
    type,
    fields: {
      timestamp: String(updated),
      message: `Job processing ${type}`,
      ...(result === undefined ? {} : { result: JSON.stringify(result) }),
      ...(error === undefined ? {} : { error: JSON.stringify(error) }),
    },
  };
}
