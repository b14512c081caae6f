import { isFinal, jobWork } from '@hookline/core';
import type { ScriptCalls } from '../../client/all-scripts.ts';
import { newQueuedId, recordFields } from '../record.ts';
import type { Imported, MovedJob, MovedQueued, MovedRecord } from './moved-job.ts';
import type { ScriptArg } from '../../client/script.ts';
import type { JobRequest, Partition } from '../../client/partition.ts';

export interface ImportParts {
  readonly partition: Partition;
  readonly retention: number;
  readonly now: number;
}

/** See `JobTransfer.import`. */
export async function importJobs(
  { partition, retention, now }: ImportParts,
  jobs: readonly MovedJob[],
): Promise<readonly Imported[]> {
  const reply = await partition.run('import-jobs', {
    keys: { queues: partition.keys.queues },
    args: { now, retention, count: partition.of },
    each: {
      jobs: jobs.map((job) =>
        job.kind === 'tracked' ? trackedRow(partition, job, now) : queuedRow(partition, job, now),
      ),
    },
  });
  return (reply as Buffer[]).map((outcome) => String(outcome) as Imported);
}

type Row = ScriptCalls['import-jobs']['each']['jobs'][number];

/** What only one kind of job brings, empty for the other. */
const NOTHING = {
  status: '',
  created: '',
  updated: '',
  expires: '',
  json: '',
  endedAt: '',
  fields: [],
  steps: [],
  effects: [],
  ending: [],
} as const;

function trackedRow(partition: Partition, job: MovedRecord, now: number): Row {
  const { id, name, queue, status, created, updated, runAt, expires } = job;
  // A job of that id may have ended here before, and BullMQ still have it: then it would not add this one.
  const queuedId = newQueuedId(id);
  const isOver = isFinal(status);
  const row = {
    ...NOTHING,
    kind: 'tracked',
    id,
    queue,
    name,
    status,
    created,
    updated: status === 'processing' ? now : updated,
    expires: expires ?? (status === 'succeeded' ? 0 : ''),
    json: JSON.stringify(status === 'failed' ? job.error : job.result) ?? 'null',
    fields: [...recordFields({ ...job, queuedId, priority: job.priority }, now), ...factsOf(job)],
    steps: isOver ? stepsOf(job) : [],
    effects: Object.entries(job.effects ?? {}).flat(),
  };
  if (isOver) return row;
  const run = partition.add({
    queue,
    jobId: queuedId,
    name,
    timestamp: created,
    work: jobWork(job),
    ...priorityOf(job),
    ...delayOf(created, runAt, now),
  });
  return { ...row, run };
}

function queuedRow(partition: Partition, job: MovedQueued, now: number): Row {
  const { id, name, queue, workId, created, runAt, keep, end } = job;
  const run = partition.add({
    queue,
    jobId: id,
    name,
    timestamp: created,
    work: jobWork({ ...job, id: workId }),
    ...(keep === undefined ? {} : { keep }),
    ...priorityOf(job),
    ...(end === undefined ? delayOf(created, runAt, now) : {}),
  });
  const ending = end === undefined ? {} : { endedAt: end.at, ending: endFields(end) };
  return { ...NOTHING, kind: 'queued', id, queue, name, ...ending, run };
}

/** The record's fields that a new job does not have. */
function factsOf({ status, runAt, startedAt, attempt, maxAttempts, output }: MovedRecord): readonly string[] {
  const run = isFinal(status) ? { startedAt, attempt, maxAttempts, step: output.length || undefined } : {};
  return Object.entries({ runAt, ...run }).flatMap(([field, value]) =>
    value === undefined ? [] : [field, String(value)],
  );
}

function stepsOf({ output }: MovedRecord): readonly ScriptArg[] {
  return output.flatMap(({ step, timestamp, processingTime, data }) => [
    step,
    timestamp,
    processingTime,
    JSON.stringify(data) ?? 'null',
  ]);
}

function endFields({ attempts, message, stack }: NonNullable<MovedQueued['end']>): ScriptArg[] {
  return [
    'failedReason',
    message,
    'atm',
    attempts,
    'ats',
    attempts,
    'stacktrace',
    JSON.stringify(stack === undefined ? [] : [stack]),
  ];
}

function priorityOf({ priority }: MovedJob): Pick<JobRequest, 'priority'> {
  return priority === undefined ? {} : { priority };
}

/** The same time as before, where that is still to come. */
function delayOf(created: number, runAt: number | undefined, now: number): Pick<JobRequest, 'delay'> {
  return runAt !== undefined && runAt > now ? { delay: runAt - created } : {};
}
