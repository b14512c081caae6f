import { isFinal } from '@hookline/core';
import { ADD_JOB_LUA } from '../../bullmq/add-job.ts';
import { EVENT_LUA } from '../../events/event-lua.ts';
import { JOB_LUA } from '../job-lua.ts';
import { newQueuedId, recordFields } from '../record.ts';
import type { Imported, MovedJob, MovedQueued, MovedRecord } from './moved-job.ts';
import { defineScript, type ScriptArg } from '../../client/script.ts';
import type { JobAddition, JobRequest, Partition } from '../../client/partition.ts';

/**
 * Adds jobs that come from elsewhere. A finished one gets its record and its stream, as if it had ended here; a failed
 * one that has no record is added as BullMQ adds a job, then laid among the failed before any worker can see it.
 */
const IMPORT_JOBS = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  JOB_LUA,
  `
local prefix, now, retention, count = unpack(ARGV, 1, 4)
local key, arg, outcomes = 2, 5, {}

local function take()
  arg = arg + 1
  return ARGV[arg - 1]
end

local function takeList()
  local size = tonumber(take())
  arg = arg + size
  return sliceOf(ARGV, arg - size, size)
end

local function takeKeys()
  local size = tonumber(take())
  key = key + size
  return sliceOf(KEYS, key - size, size)
end

local function addTo(queue, addName, keys, args)
  add[addName](keys, args)
  redis.call('SADD', prefix .. '/queues', queue)
end

local function restoreEnd(id, status, updated, expires, json, steps)
  local startedAt = redis.call('HGET', jobKeyOf(prefix, id), 'startedAt')
  if startedAt then
    emitFrame(prefix, id, 'type', 'started', 'timestamp', startedAt, 'message', 'Job processing started')
  end
  for i = 1, #steps, 4 do
    emitFrame(prefix, id, 'type', 'progress', 'step', steps[i], 'timestamp', steps[i + 1],
      'processingTime', steps[i + 2], 'data', steps[i + 3])
  end
  endJob(prefix, id, status, updated, status == 'succeeded' and 'result' or 'error', json)
  if expires ~= '' then forgetJobAfter(prefix, id, math.max(tonumber(expires), tonumber(now) + tonumber(retention))) end
end

local function importTracked(id, queue)
  local name, status, created, updated, expires, json = take(), take(), take(), take(), take(), take()
  local fields, steps, effects = takeList(), takeList(), takeList()
  local addName, addKeys, addArgs = take(), takeKeys(), takeList()
  if not createJob(prefix, id, name, created, fields) then return 'known' end
  local effectsKey = prefix .. '/effects/' .. id
  for i = 1, #effects, 2 do redis.call('HSET', effectsKey, effects[i], effects[i + 1]) end
  redis.call('PEXPIRE', effectsKey, retention)
  if isOver(status) then
    restoreEnd(id, status, updated, expires, json, steps)
    return 'finished'
  end
  redis.call('HSET', jobKeyOf(prefix, id), 'updated', updated)
  addTo(queue, addName, addKeys, addArgs)
  return 'queued'
end

local function importQueued(id, queue)
  local finishedOn, ending = take(), takeList()
  local addName, addKeys, addArgs = take(), takeKeys(), takeList()
  local base = prefix .. ':' .. queue .. ':'
  if redis.call('EXISTS', base .. id) == 1 then return 'known' end
  addTo(queue, addName, addKeys, addArgs)
  if finishedOn == '' then return 'queued' end
  redis.call('LREM', base .. 'wait', 1, id)
  redis.call('ZREM', base .. 'prioritized', id)
  redis.call('HSET', base .. id, 'finishedOn', finishedOn, unpack(ending))
  redis.call('ZADD', base .. 'failed', finishedOn, id)
  return 'finished'
end

for i = 1, tonumber(count) do
  local kind, id, queue = take(), take(), take()
  outcomes[i] = (kind == 'tracked' and importTracked or importQueued)(id, queue)
end
return outcomes
`,
);

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
  const scriptKeys = [partition.keys.queues];
  const args: ScriptArg[] = [partition.prefix, now, retention, jobs.length];
  for (const job of jobs) {
    args.push(job.kind, job.id, job.queue);
    const add = job.kind === 'tracked' ? addTracked(job) : addQueued(job);
    scriptKeys.push(...(add?.keys ?? []));
    args.push(add?.script ?? '', add?.keys.length ?? 0, ...list(add?.args ?? []));
  }
  const outcomes = (await partition.run(IMPORT_JOBS, scriptKeys, args)) as Buffer[];
  return outcomes.map((outcome) => String(outcome) as Imported);

  function addTracked(job: MovedRecord): JobAddition | undefined {
    const { id, name, queue, data, options, metadata, created, runAt } = job;
    // A job of that id may have ended here before, and BullMQ still have it: then it would not add this one.
    const queuedId = newQueuedId(id);
    args.push(...recordArgs(job, queuedId, now));
    if (isFinal(job.status)) return undefined;
    return partition.add({
      queue,
      jobId: queuedId,
      name,
      timestamp: created,
      work: {
        kind: 'job',
        id,
        data,
        ...(options === undefined ? {} : { options }),
        ...(metadata === undefined ? {} : { metadata }),
      },
      ...priorityOf(job),
      ...delayOf(created, runAt, now),
    });
  }

  function addQueued(job: MovedQueued): JobAddition {
    const { id, name, queue, data, workId, options, metadata, created, runAt, keep, end } = job;
    args.push(end?.at ?? '', ...list(end === undefined ? [] : endFields(end)));
    return partition.add({
      queue,
      jobId: id,
      name,
      timestamp: created,
      work: {
        kind: 'job',
        data,
        ...(workId === undefined ? {} : { id: workId }),
        ...(options === undefined ? {} : { options }),
        ...(metadata === undefined ? {} : { metadata }),
      },
      ...(keep === undefined ? {} : { keep }),
      ...priorityOf(job),
      ...(end === undefined ? delayOf(created, runAt, now) : {}),
    });
  }
}

/** What the script takes of a tracked job beside its queue. */
function recordArgs(job: MovedRecord, queuedId: string, now: number): ScriptArg[] {
  const { name, status, created, updated, runAt, startedAt, attempt, maxAttempts, expires } = job;
  const isOver = isFinal(status);
  const facts = {
    runAt,
    ...(isOver ? { startedAt, attempt, maxAttempts, step: job.output.length || undefined } : {}),
  };
  const fields = Object.entries(facts).flatMap(([field, value]) =>
    value === undefined ? [] : [field, String(value)],
  );
  const steps = isOver
    ? job.output.flatMap(({ step, timestamp, processingTime, data }) => [
        step,
        timestamp,
        processingTime,
        JSON.stringify(data) ?? 'null',
      ])
    : [];
  const effects = Object.entries(job.effects ?? {}).flat();
  return [
    name,
    status,
    created,
    status === 'processing' ? now : updated,
    expires ?? (status === 'succeeded' ? 0 : ''),
    JSON.stringify(status === 'failed' ? job.error : job.result) ?? 'null',
    ...list([...recordFields({ ...job, queuedId, priority: job.priority }, now), ...fields]),
    ...list(steps),
    ...list(effects),
  ];
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

/** As `takeList` reads it. */
function list(items: readonly ScriptArg[]): ScriptArg[] {
  return [items.length, ...items];
}
