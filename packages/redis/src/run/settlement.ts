import {
  serializeError,
  type AttemptSnapshot,
  type BurialReason,
  type DeadLetter,
  type Settlement,
} from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { EndedAttempt } from './ledger.ts';
import type { Run } from './run-id.ts';
import type { WorkRef } from './work-ref.ts';

/** The JSON that settling keeps: a job's result, why an attempt failed, or a dead letter left open for its attempts. */
export function contentOf(ref: WorkRef, lease: LeaseRef, settlement: Settlement, buriedAt: number): string {
  switch (settlement.kind) {
    case 'complete':
      return JSON.stringify(settlement.result) ?? 'null';
    case 'bury':
      return JSON.stringify(deadLetter(ref, lease, settlement.reason, settlement.error, buriedAt)).slice(
        0,
        -1,
      );
    case 'retry':
      return briefly(settlement.error);
    case 'await':
    case 'supersede':
    case 'release':
      return '';
  }
}

/** What settling needs beside the content: see settle-job.lua. */
export function detailOf(settlement: Settlement, until: number): string | number {
  switch (settlement.kind) {
    case 'await':
      return until;
    case 'retry':
      return settlement.delay;
    case 'bury':
      return briefly(settlement.error);
    case 'complete':
    case 'supersede':
    case 'release':
      return '';
  }
}

/** What the history is told of one attempt of a delivery. */
export function attemptTold(
  { event, handler }: WorkRef & { readonly kind: 'delivery' },
  run: Run,
  worker: string,
  settlement: Exclude<Settlement, { kind: 'release' | 'supersede' }>,
  { attempt, startedAt, endedAt, log }: EndedAttempt,
): AttemptSnapshot {
  return {
    event,
    handler,
    run: run.id,
    number: attempt,
    worker,
    startedAt,
    endedAt,
    outcome: OUTCOMES[settlement.kind],
    error: 'error' in settlement ? serializeError(settlement.error) : undefined,
    log,
  };
}

const OUTCOMES = {
  complete: 'succeeded',
  retry: 'retried',
  bury: 'dead',
  // A delivery is never sent out to be finished by somebody else.
  await: 'succeeded',
} as const satisfies Record<Exclude<Settlement['kind'], 'release' | 'supersede'>, AttemptSnapshot['outcome']>;

/** What a job's followers are told of an error: stacks are for operators. */
function briefly(error: unknown): string {
  const { name, message } = serializeError(error);
  return JSON.stringify({ name, message });
}

/** Everything of a dead letter but its attempts, which the script adds. */
function deadLetter(
  ref: WorkRef,
  lease: LeaseRef,
  reason: BurialReason,
  error: unknown,
  buriedAt: number,
): Omit<DeadLetter, 'attempts'> {
  return {
    id: ref.workId,
    queue: lease.queue,
    jobId: lease.jobId,
    reason,
    error: serializeError(error),
    buriedAt,
    ...aboutOf(ref),
  };
}

function aboutOf(
  ref: WorkRef,
): Pick<DeadLetter, 'eventId' | 'handler' | 'job' | 'data' | 'options' | 'metadata'> {
  if (ref.kind === 'delivery') return { eventId: ref.event, handler: ref.handler };
  const { data, options, metadata } = ref.work;
  return {
    job: ref.job,
    data,
    ...(options === undefined ? {} : { options }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
