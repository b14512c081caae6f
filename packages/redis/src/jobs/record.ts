import { randomBytes } from 'node:crypto';
import {
  jobWork,
  type JobRunOptions,
  type JobStatus,
  type JobStep,
  type JobSummary,
  type Work,
} from '@hookline/core';
import { named } from '../client/row.ts';
import { newFinishToken } from './finish-token.ts';

/**
 * A BullMQ id for one run of a tracked job. Each is new: BullMQ may still keep an earlier job of the same work, and
 * would take another one of its id for a copy. The prefix keeps ids that callers choose apart from events'.
 */
export function newQueuedId(id: string): string {
  return `job~${id}~${randomBytes(5).toString('hex')}`;
}

/** What a tracked job is created with. */
export interface NewRecord {
  readonly queuedId: string;
  readonly queue: string;
  readonly data: unknown;
  readonly priority: number | undefined;
  readonly delay?: number;
  readonly options?: JobRunOptions;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The hash fields of a new record, beside those that the script itself sets. */
export function recordFields(job: NewRecord, now: number): string[] {
  const optional = {
    priority: job.priority === 0 ? undefined : job.priority,
    runAt: job.delay === undefined || job.delay === 0 ? undefined : Math.round(now + job.delay),
    options: job.options === undefined ? undefined : JSON.stringify(job.options),
    metadata: job.metadata === undefined ? undefined : JSON.stringify(job.metadata),
  };
  return [
    'queue',
    job.queue,
    'queuedId',
    job.queuedId,
    'token',
    newFinishToken(),
    'data',
    JSON.stringify(job.data) ?? 'null',
    ...Object.entries(optional).flatMap(([field, value]) =>
      value === undefined ? [] : [field, String(value)],
    ),
  ];
}

/** What it takes to queue a recorded job once more. */
export const QUEUEING_FIELDS = [
  'name',
  'queue',
  'data',
  'priority',
  'options',
  'metadata',
  'queuedId',
  'runAt',
] as const;

/** How a kept job goes into its queue. */
export interface Queueing {
  readonly name: string;
  readonly queue: string;
  readonly queuedId: string;
  readonly work: Work;
  readonly priority?: number;
  /** Not before then; milliseconds since the epoch. */
  readonly runAt?: number;
}

/** @param row a reply of `QUEUEING_FIELDS` @returns undefined where there is no such job */
export function queueingFromRow(id: string, row: readonly (string | null)[]): Queueing | undefined {
  const { name, queue, data, priority, options, metadata, queuedId, runAt } = named(QUEUEING_FIELDS, row);
  if (!name || !queue || !queuedId) return undefined;
  return {
    name,
    queue,
    queuedId,
    work: jobWork({
      id,
      data: JSON.parse(data ?? 'null') as unknown,
      options: options ? (JSON.parse(options) as JobRunOptions) : undefined,
      metadata: metadata ? (JSON.parse(metadata) as Record<string, unknown>) : undefined,
    }),
    ...(priority ? { priority: Number(priority) } : {}),
    ...(runAt ? { runAt: Number(runAt) } : {}),
  };
}

/** What a reader is told of a job. */
export const SUMMARY_FIELDS = [
  'name',
  'status',
  'created',
  'updated',
  'data',
  'priority',
  'runAt',
  'attempt',
  'maxAttempts',
  'metadata',
  'result',
  'error',
] as const;

/** What Redis gives for `SUMMARY_FIELDS`; `null` where a field is not set. */
export type SummaryRow = readonly (Buffer | null)[];

/** @returns undefined where there is no such job */
export function summaryFromRow(id: string, row: SummaryRow): JobSummary | undefined {
  const texts = row.map((value) => value?.toString());
  const { name, status, created, updated, data, priority, runAt, ...rest } = named(SUMMARY_FIELDS, texts);
  const { attempt, maxAttempts, metadata, result, error } = rest;
  if (name === undefined || status === undefined) return undefined;
  return {
    id,
    name,
    status: status as JobStatus,
    created: Number(created),
    updated: Number(updated),
    data: parsed(data),
    ...(priority === undefined ? {} : { priority: Number(priority) }),
    ...(runAt === undefined ? {} : { runAt: Number(runAt) }),
    ...(attempt === undefined ? {} : { attempt: Number(attempt) }),
    ...(maxAttempts === undefined ? {} : { maxAttempts: Number(maxAttempts) }),
    ...(metadata === undefined ? {} : { metadata: parsed(metadata) as Record<string, unknown> }),
    ...(result === undefined ? {} : { result: parsed(result) }),
    ...(error === undefined ? {} : { error: parsed(error) as NonNullable<JobSummary['error']> }),
  };
}

/** The step that a `progress` frame tells of. */
export function stepFromFields(fields: Readonly<Record<string, string>>): JobStep {
  return {
    step: Number(fields['step']),
    timestamp: Number(fields['timestamp']),
    processingTime: Number(fields['processingTime']),
    data: parsed(fields['data']),
  };
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? null : (JSON.parse(json) as unknown);
}
