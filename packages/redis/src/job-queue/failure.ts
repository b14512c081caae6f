import { serializeError, type SerializedError } from '@hookline/core';

/** There is no such job: it was never added, was removed, or ended so long ago that it is not kept any more. */
export class JobNotFoundError extends Error {
  override readonly name = 'JobNotFoundError';
  readonly jobId: string;

  constructor(jobId: string, queue: string) {
    super(
      `the queue '${queue}' has no job '${jobId}': it was never added, was removed, or is not kept any more`,
    );
    this.jobId = jobId;
  }
}

/** What was asked for is not possible for a job in this state. */
export class JobStateError extends Error {
  override readonly name = 'JobStateError';
}

/**
 * An error as BullMQ can keep it. It stores a message and a stack but no name, and a stack's own first line often has
 * another one, so the first line is made anew.
 */
export function storable(thrown: unknown): Error {
  const { name, message: explained, stack = '' } = serializeError(thrown);
  // Whoever compares messages compares with what was thrown; only an error that says nothing is said by its causes.
  const own = explained.startsWith(ownMessage(thrown)) ? ownMessage(thrown) : '';
  const message = own === '' ? explained : own;
  const error = new Error(message);
  error.name = name;
  const frames = stack.search(/\n\s+at /);
  error.stack = `${name}: ${message}${frames === -1 ? '' : stack.slice(frames)}`;
  return error;
}

/** The way back from what `storable` made and BullMQ kept. */
export function errorOf(message = '', stack?: string | null): SerializedError {
  const end = stack?.indexOf(`: ${message}`) ?? -1;
  const name = stack?.slice(0, Math.max(end, 0)) ?? '';
  return {
    name: /^[^\s:]{1,200}$/.test(name) ? name : 'Error',
    message,
    ...(stack === undefined || stack === null ? {} : { stack }),
  };
}

function ownMessage(thrown: unknown): string {
  return thrown instanceof Error && typeof thrown.message === 'string' ? thrown.message : '';
}
