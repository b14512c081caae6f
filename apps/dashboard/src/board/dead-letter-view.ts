import type { AttemptRecord, DeadLetter, SerializedError } from '@hookline/core';

/** How the dead letters' queue introduces itself. */
export const DEAD_LETTERS_DESCRIPTION =
  'Work that will not be tried again by itself, with every attempt and its error. Run it again with ' +
  '"npm run hookline -- dead replay <id>", or retry the failed job in its own queue. Nobody works on this queue, so jobs wait here.';

/** A dead letter as an operator reads it: what, why, when; then the attempts, newest first. Other data is shown as it is. */
export function readableDeadLetter(data: unknown): unknown {
  if (!isDeadLetter(data)) return data;
  const { error, attempts, buriedAt, reason, ...identity } = data;
  return {
    ...identity,
    reason: reason.replaceAll('-', ' '),
    buriedAt: time(buriedAt),
    error: readableError(error),
    attempts: attempts.map(readableAttempt).toReversed(),
  };
}

/** The line that stands for a dead letter in the list. */
export function deadLetterTitle(data: unknown, fallback: string): string {
  if (!isDeadLetter(data)) return fallback;
  return `${data.handler ?? data.job ?? data.queue}: ${data.reason.replaceAll('-', ' ')}`;
}

function readableAttempt({ attempt, startedAt, endedAt, error }: AttemptRecord): Record<string, unknown> {
  return {
    attempt,
    started: time(startedAt),
    took: `${endedAt - startedAt} ms`,
    error: readableError(error),
  };
}

/** One line of the stack is one line on the page; in a JSON string they would run on. */
function readableError({ name, message, stack }: SerializedError): Record<string, unknown> {
  return {
    name,
    message,
    ...(stack === undefined ? {} : { stack: stack.split('\n').map((line) => line.trim()) }),
  };
}

function time(at: number): string {
  return new Date(at).toISOString();
}

/** The queue is ours, but anybody with Redis can add to it: what has another form must not break the page. */
function isDeadLetter(data: unknown): data is DeadLetter {
  if (!isRecord(data)) return false;
  const { reason, error, attempts, buriedAt } = data;
  return (
    typeof reason === 'string' &&
    isError(error) &&
    isTime(buriedAt) &&
    Array.isArray(attempts) &&
    attempts.every(isAttempt)
  );
}

function isAttempt(value: unknown): boolean {
  return isRecord(value) && isTime(value['startedAt']) && isTime(value['endedAt']) && isError(value['error']);
}

function isError(value: unknown): boolean {
  return isRecord(value) && (value['stack'] === undefined || typeof value['stack'] === 'string');
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
