import { ADD_JOB_LUA } from '../bullmq/add-job.ts';
import { EVENT_LUA } from '../events/event-lua.ts';
import { JOB_LUA } from './job-lua.ts';
import { defineScript } from '../client/script.ts';

/** What a reader gets of a job, in this order. */
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

const SUMMARY_LUA = `
local function summaryOf(prefix, id)
  return redis.call('HMGET', jobKeyOf(prefix, id), ${SUMMARY_FIELDS.map((field) => `'${field}'`).join(', ')})
end
`;

/**
 * Records jobs and queues them, all or none. A known id stays as it is; if its BullMQ job is gone though it never
 * ran (removed by hand), it is queued again.
 */
export const CREATE_JOBS = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  JOB_LUA,
  SUMMARY_LUA,
  `
local function isLost(prefix, id)
  local status, queue, queuedId = unpack(redis.call('HMGET', jobKeyOf(prefix, id), 'status', 'queue', 'queuedId'))
  return status == 'pending' and redis.call('EXISTS', prefix .. ':' .. queue .. ':' .. queuedId) == 0
end

local prefix, now, count = unpack(ARGV, 1, 3)
local key, arg, summaries = 1, 4, {}
for i = 1, tonumber(count) do
  local id, name, queue, queuedId, addName, keyCount, fieldCount = unpack(ARGV, arg, arg + 6)
  keyCount, fieldCount = tonumber(keyCount), tonumber(fieldCount)
  local isNew = createJob(prefix, id, name, now, sliceOf(ARGV, arg + 10, fieldCount))
  if isNew or isLost(prefix, id) then
    redis.call('HSET', jobKeyOf(prefix, id), 'queue', queue, 'queuedId', queuedId)
    add[addName](sliceOf(KEYS, key, keyCount), sliceOf(ARGV, arg + 7, 3))
    redis.call('SADD', prefix .. '/queues', queue)
  end
  summaries[i] = summaryOf(prefix, id)
  key, arg = key + keyCount, arg + 10 + fieldCount
end
return summaries
`,
);

/** One page of a list, newest first; the cursor is a job, so a page does not move when newer ones come. */
export const LIST_JOBS = defineScript(
  JOB_LUA,
  SUMMARY_LUA,
  `
local list, prefix, after, count = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local from = '+inf'
if after ~= '' then
  from = redis.call('HGET', jobKeyOf(prefix, after), 'created')
  if not from then return 'unknown-cursor' end
end
local found, offset = {}, 0
while #found <= count do
  local ids = redis.call('ZREVRANGEBYSCORE', list, from, '-inf', 'WITHSCORES', 'LIMIT', offset, 200)
  for i = 1, #ids, 2 do
    local isBefore = after ~= '' and ids[i + 1] == from and ids[i] >= after
    if not isBefore and #found <= count then found[#found + 1] = ids[i] end
  end
  if #ids < 400 then break end
  offset = offset + 200
end
local page = {}
for i, id in ipairs(found) do page[i] = { id, summaryOf(prefix, id) } end
return page
`,
);

/**
 * Finishes a job from outside, once: only one that runs or waits for this. Says which BullMQ job is to be woken.
 * One that waits for its next attempt has not been sent out, but its sender may have been cut off just after it was:
 * whoever finishes it knows better.
 */
export const FINISH_JOB = defineScript(
  JOB_LUA,
  SUMMARY_LUA,
  `
local prefix, id, now, result, retention, token = unpack(ARGV)
local record = redis.call('HMGET', KEYS[1], 'status', 'external', 'queue', 'queuedId', 'token')
local status, external, queue, queuedId = unpack(record)
if not status then return { 'unknown' } end
-- A retry since this token was looked at has made another.
if token ~= '' and token ~= record[5] then return { 'refused' } end
if status ~= 'processing' then return { status } end
if external ~= '1' then return { 'finishes-itself' } end
endJob(prefix, id, 'succeeded', now, 'result', result)
forgetJobAfter(prefix, id, tonumber(now) + tonumber(retention))
return { 'finished', queue, queuedId, summaryOf(prefix, id) }
`,
);

/** Ends a job that is not over, and tells the workers, one of which may run it. */
export const CANCEL_JOB = defineScript(
  JOB_LUA,
  SUMMARY_LUA,
  `
local prefix, id, now, error, retention = unpack(ARGV)
local status, queue, queuedId = unpack(redis.call('HMGET', KEYS[1], 'status', 'queue', 'queuedId'))
if not status then return { 'unknown' } end
if isOver(status) then return { status } end
endJob(prefix, id, 'failed', now, 'error', error)
forgetJobAfter(prefix, id, tonumber(now) + tonumber(retention))
redis.call('PUBLISH', prefix .. '/jobs/cancelled', id)
return { 'cancelled', queue, queuedId, summaryOf(prefix, id) }
`,
);

/** Queues a failed job once more, from its beginning, and takes its dead letter away. */
export const RETRY_JOB = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  JOB_LUA,
  SUMMARY_LUA,
  `
local prefix, id, now, queue, queuedId, token, addName, keyCount = unpack(ARGV, 1, 8)
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return { 'unknown' } end
if status ~= 'failed' then return { status } end
removeDeadLetter(prefix, id)
resetJob(prefix, id, now, queuedId)
redis.call('HSET', KEYS[1], 'token', token)
add[addName](sliceOf(KEYS, 2, tonumber(keyCount)), sliceOf(ARGV, 9, 3))
redis.call('SADD', prefix .. '/queues', queue)
return { 'queued', summaryOf(prefix, id) }
`,
);

/** Adds a step of a running job, unless this worker's lock is gone. */
export const ADD_STEP = defineScript(
  JOB_LUA,
  `
local lockKey, key = KEYS[1], KEYS[2]
local prefix, id, token, now, data = unpack(ARGV)
if redis.call('GET', lockKey) ~= token then return 'lost' end
local status, startedAt = unpack(redis.call('HMGET', key, 'status', 'startedAt'))
if status ~= 'processing' then return 'over' end
local step = redis.call('HINCRBY', key, 'step', 1)
redis.call('HSET', key, 'updated', now)
emitFrame(prefix, id, 'type', 'progress', 'step', step, 'timestamp', now,
  'processingTime', tonumber(now) - tonumber(startedAt), 'data', data)
return 'added'
`,
);
