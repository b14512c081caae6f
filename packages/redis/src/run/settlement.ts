import { serializeError, type BurialReason, type DeadLetter, type Settlement } from '@hookline/core';
import type { Hold, Subject } from './work-ref.ts';

/** The JSON that settling keeps: a job's result, why an attempt failed, or a dead letter left open for its attempts. */
export function contentOf(subject: Subject, hold: Hold, settlement: Settlement, buriedAt: number): string {
  switch (settlement.kind) {
    case 'complete':
      return JSON.stringify(settlement.result) ?? 'null';
    case 'bury':
      return JSON.stringify(deadLetter(subject, hold, settlement.reason, settlement.error, buriedAt)).slice(
        0,
        -1,
      );
    case 'retry':
      return briefly(settlement.error);
    case 'await':
    case 'release':
      return '';
  }
}

/** What settling needs beside the content: see `SETTLE_JOB`. */
export function detailOf(settlement: Settlement, until: number): string | number {
  switch (settlement.kind) {
    case 'await':
      return until;
    case 'retry':
      return settlement.delay;
    case 'bury':
      return briefly(settlement.error);
    case 'complete':
    case 'release':
      return '';
  }
}

/** What a job's followers are told of an error: stacks are for operators. */
function briefly(error: unknown): string {
  const { name, message } = serializeError(error);
  return JSON.stringify({ name, message });
}

/** Everything of a dead letter but its attempts, which the script adds. */
function deadLetter(
  subject: Subject,
  hold: Hold,
  reason: BurialReason,
  error: unknown,
  buriedAt: number,
): Omit<DeadLetter, 'attempts'> {
  return {
    id: subject.workId,
    queue: hold.queue,
    jobId: hold.jobId,
    reason,
    error: serializeError(error),
    buriedAt,
    ...aboutOf(subject),
  };
}

function aboutOf(
  subject: Subject,
): Pick<DeadLetter, 'eventId' | 'handler' | 'job' | 'data' | 'options' | 'metadata'> {
  if (subject.kind === 'delivery') return { eventId: subject.event, handler: subject.handler };
  const { data, options, metadata } = subject.work;
  return {
    job: subject.job,
    data,
    ...(options === undefined ? {} : { options }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
