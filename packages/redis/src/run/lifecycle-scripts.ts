import { EVENT_FIELDS } from '../events/record.ts';
import { ADD_JOB_LUA } from '../bullmq/add-job.ts';
import { EVENT_LUA } from '../events/event-lua.ts';
import { JOB_LUA } from '../jobs/job-lua.ts';
import { defineScript } from '../client/script.ts';

/**
 * Begins one attempt of a delivery: says what is already settled, marks the rest as pending, and returns the
 * event. A dead delivery that begins again was retried by an operator, so its dead letter is taken away;
 * unless its worker died between writing the dead letter and ending the job: then it is only to be ended.
 * A settled event that was shed has nothing left to give to a handler.
 * It notes which job holds the delivery, so that no second one runs it beside the first, whoever queued that; and
 * that it has begun, which settling takes away: what was begun before and never settled lost its worker.
 */
export const OPEN_DELIVERY = defineScript(
  EVENT_LUA,
  `
local eventKey, deliveriesKey, lockKey = KEYS[1], KEYS[2], KEYS[3]
local prefix, id, handler, deadId, made, stalled, inPlace, now, token, queue, jobId = unpack(ARGV)
if redis.call('GET', lockKey) ~= token then return { 'lost' } end
local event = redis.call('HMGET', eventKey, ${EVENT_FIELDS.map((field) => `'${field}'`).join(', ')}, 'status', 'shedAt')
local status, shedAt = event[${EVENT_FIELDS.length + 1}], event[${EVENT_FIELDS.length + 2}]
if not status then return { 'gone' } end

local state = redis.call('HGET', deliveriesKey, handler)
local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')
if was == 'succeeded' then return { 'succeeded' } end
if shedAt then return { 'shed' } end
local heldQueue, heldJob = jobOfDelivery(prefix, id, handler)
if heldJob and heldJob ~= jobId and redis.call('EXISTS', prefix .. ':' .. heldQueue .. ':' .. heldJob .. ':lock') == 1 then
  return { 'superseded' }
end
if was == 'dead' then
  if made == madeThen and tonumber(stalled) > tonumber(stalledThen) then return { 'dead' } end
  removeDeadLetter(prefix, deadId)
end
redis.call('HSET', deliveriesKey, handler, 'pending')
if inPlace == '1' then
  redis.call('HSET', eventKey, 'inPlace', handler)
  redis.call('HDEL', eventKey, 'job/' .. handler)
else
  noteJobOfDelivery(prefix, id, handler, queue, jobId)
end
if status == 'dead' or status == 'handled' or status == 'unhandled' then
  setStatus(prefix, eventKey, id, 'dispatched', now)
  forgetAfter(prefix, id, nil)
end
return { 'open', redis.call('HINCRBY', eventKey, 'begun/' .. handler, 1) - 1, unpack(event, 1, ${EVENT_FIELDS.length}) }
`,
);

/**
 * The same for a job that belongs to no event. Most have no record of their own (schedules'), so all that is known
 * is how they were settled; a tracked one also begins here. One that can be finished from outside is always tracked.
 *
 * A settled job that comes again either lost its worker before BullMQ heard of it, and is only to be ended; or an
 * operator runs it again on the dashboard, and it begins anew.
 */
export const OPEN_JOB = defineScript(
  EVENT_LUA,
  JOB_LUA,
  `
local key, lockKey = KEYS[1], KEYS[2]
local prefix, id, queuedId, made, stalled, now, attempt, maxAttempts, external, name, queue, data, token, lock = unpack(ARGV)
if redis.call('GET', lockKey) ~= lock then return { 'lost' } end
local record = redis.call('HMGET', key, 'state', 'status', 'result', 'phase', 'deadline', 'queuedId', 'token')
local state, status, result, phase, deadline, current, ownToken = unpack(record)
local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')

if status and current ~= queuedId and not isOver(status) then return { 'superseded' } end
if was and made == madeThen and tonumber(stalled) > tonumber(stalledThen) then return { was, result or 'null' } end
if was then
  if was == 'dead' then removeDeadLetter(prefix, id) end
  redis.call('HDEL', key, 'state')
  if status then
    resetJob(prefix, id, now, queuedId)
    status, phase = 'pending', false
  end
elseif status and isOver(status) then
  was = status == 'succeeded' and 'succeeded' or 'dead'
  redis.call('HSET', key, 'state', was .. '|' .. made .. '|' .. stalled)
  return { was, result or 'null' }
end
if phase == 'awaiting' then
  if tonumber(deadline) > tonumber(now) then return { 'awaiting', deadline } end
  return { 'overdue' }
end

if not status and external == '1' then
  createJob(prefix, id, name, now, { 'queue', queue, 'queuedId', queuedId, 'data', data, 'token', token })
  status, ownToken = 'pending', token
end
if status then
  redis.call('HSET', key, 'attempt', attempt, 'maxAttempts', maxAttempts, 'external', external)
  if status == 'pending' then beginJob(prefix, id, now) end
end
local deaths = redis.call('HINCRBY', key, 'begun', 1) - 1
-- Nothing else takes away what is known of a job without a record, should it never be settled.
if not status then redis.call('PEXPIRE', key, 604800000) end
return { 'open', deaths, status and '1' or '', ownToken or '', redis.call('GET', prefix .. '/public-url') or '' }
`,
);

/**
 * Writes down how an attempt ended, before BullMQ hears of it. Only the worker that still holds the job's
 * lock may: the result of one that was paused or cut off for too long is refused (`lost`).
 * The dead letter's history is put together here, from every attempt of this work.
 */
const SETTLE_LUA = `
local lockKey, attemptsKey, stateKey = KEYS[1], KEYS[2], KEYS[3]
local prefix, id, workId, token, kind, field, counters, attempt, now, retention, content, addKeyCount = unpack(ARGV, 1, 12)

local function isHeld() return redis.call('GET', lockKey) == token end

local function keepAttempt()
  if attempt == '' then return end
  redis.call('RPUSH', attemptsKey, attempt)
  redis.call('LTRIM', attemptsKey, -200, -1)
end

local function keepState()
  redis.call('HSET', stateKey, field, (kind == 'complete' and 'succeeded' or 'dead') .. '|' .. counters)
  removeDeadLetter(prefix, workId)
  if kind ~= 'bury' then return end
  local history = table.concat(redis.call('LRANGE', attemptsKey, 0, -1), ',')
  local args = sliceOf(ARGV, 13, 3)
  args[2] = content .. ',"attempts":[' .. history .. ']}'
  add.addStandardJob(sliceOf(KEYS, 5, tonumber(addKeyCount)), args)
  redis.call('SADD', prefix .. '/queues', 'dead-letter')
end
`;

export const SETTLE_DELIVERY = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  SETTLE_LUA,
  `
if not isHeld() then return { 'lost' } end
redis.call('HDEL', KEYS[4], 'begun/' .. field)
keepAttempt()
if kind == 'retry' then return { 'kept' } end
keepState()
concludeEvent(prefix, KEYS[4], stateKey, id, tonumber(now), tonumber(retention))
return { 'kept' }
`,
);

/**
 * A tracked job that is over by now was finished or cancelled while it ran: that stands, and this attempt's end does
 * not count. The last argument is what the kind needs beside the content: the wait before the next attempt, the
 * deadline for somebody else's finishing, or the error without its stack.
 */
export const SETTLE_JOB = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  JOB_LUA,
  SETTLE_LUA,
  `
if not isHeld() then return { 'lost' } end
redis.call('HDEL', stateKey, 'begun')
local status, number, result = unpack(redis.call('HMGET', stateKey, 'status', 'attempt', 'result'))
if status and isOver(status) then
  redis.call('HSET', stateKey, field, (status == 'succeeded' and 'succeeded' or 'dead') .. '|' .. counters)
  return { status, result or 'null' }
end

local detail = ARGV[#ARGV]
keepAttempt()
if kind == 'await' then
  redis.call('HSET', stateKey, 'phase', 'awaiting', 'deadline', detail, 'updated', now)
elseif kind == 'retry' then
  if status then
    redis.call('HSET', stateKey, 'updated', now)
    emitFrame(prefix, workId, 'type', 'retrying', 'timestamp', now, 'attempt', number, 'delay', detail, 'error', content)
  end
else
  keepState()
  if status and kind == 'complete' then
    endJob(prefix, workId, 'succeeded', now, 'result', content)
    redis.call('DEL', attemptsKey)
    forgetJobAfter(prefix, workId, tonumber(now) + tonumber(retention))
  elseif status then
    endJob(prefix, workId, 'failed', now, 'error', detail)
  elseif kind == 'complete' then
    redis.call('HSET', stateKey, 'result', content)
    redis.call('DEL', attemptsKey)
    -- It only has to outlive the moment between here and the end of the job: an hour is plenty.
    redis.call('PEXPIRE', stateKey, 3600000)
  else
    redis.call('PEXPIRE', stateKey, retention)
    redis.call('PEXPIRE', attemptsKey, retention)
  end
end
return { 'kept' }
`,
);

/** The attempt is put back as if it had not begun. */
export const RELEASE = defineScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('HDEL', KEYS[2], ARGV[2]) end
`);

/**
 * Gives an event's handlers a job each. A handler that has one already gets no second, however often this
 * runs, even when the first is long done. With no handlers the event is kept and marked `unhandled`.
 * An event that was shed gets no new handlers.
 * Returns the handler that an earlier attempt began in place and that has not succeeded, if any.
 */
export const DISPATCH = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  `
local eventKey, deliveriesKey, lockKey = KEYS[1], KEYS[2], KEYS[3]
local prefix, id, token, now, retention, count = unpack(ARGV, 1, 6)
if redis.call('GET', lockKey) ~= token then return 'lost' end
if redis.call('EXISTS', eventKey) == 0 then return 'gone' end
if redis.call('HEXISTS', eventKey, 'shedAt') == 1 then
  for i = 7, #ARGV, 7 do
    if redis.call('HEXISTS', deliveriesKey, ARGV[i]) == 0 then return 'shed' end
  end
end

local key, arg, added = 4, 7, false
for _ = 1, tonumber(count) do
  local handler, queue, addName, keyCount = unpack(ARGV, arg, arg + 3)
  keyCount = tonumber(keyCount)
  if redis.call('HSETNX', deliveriesKey, handler, 'pending') == 1 then
    add[addName](sliceOf(KEYS, key, keyCount), sliceOf(ARGV, arg + 4, 3))
    redis.call('SADD', prefix .. '/queues', queue)
    noteJobOfDelivery(prefix, id, handler, queue, id .. '~' .. handler)
    added = true
  end
  key, arg = key + keyCount, arg + 7
end

if redis.call('HLEN', deliveriesKey) == 0 then
  setStatus(prefix, eventKey, id, 'unhandled', now)
  forgetAfter(prefix, id, tonumber(now) + tonumber(retention))
  return 'unhandled'
end
local inPlace = redis.call('HGET', eventKey, 'inPlace')
local begun = inPlace and string.sub(redis.call('HGET', deliveriesKey, inPlace) or '', 1, 9) ~= 'succeeded'
local status = redis.call('HGET', eventKey, 'status')
if added or status == 'queued' or status == 'received' then
  setStatus(prefix, eventKey, id, 'dispatched', now)
  forgetAfter(prefix, id, nil)
end
if begun then return 'in-place|' .. inPlace end
return 'dispatched'
`,
);

/** Queues and tracks a job for `ctx.enqueue`, once for each place in the work that asks for it; only for the lock's holder. */
export const ENQUEUE_ONCE = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  JOB_LUA,
  `
local lockKey, effectsKey = KEYS[1], KEYS[2]
local token, prefix, field, id, name, queue, now, retention, addName, keyCount = unpack(ARGV, 1, 10)
if redis.call('GET', lockKey) ~= token then return 'lost' end
if redis.call('HSETNX', effectsKey, field, id) == 0 then return 'known' end
redis.call('PEXPIRE', effectsKey, retention)
if not createJob(prefix, id, name, now, sliceOf(ARGV, 14, #ARGV - 13)) then return 'known' end
add[addName](sliceOf(KEYS, 3, tonumber(keyCount)), sliceOf(ARGV, 11, 3))
redis.call('SADD', prefix .. '/queues', queue)
return 'added'
`,
);

/**
 * Begins `ctx.once`: a worker that slept past its lock must not run the effect at all, because whoever took the job
 * over runs it too.
 */
export const BEGIN_EFFECT = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return { 'lost' } end
local kept = redis.call('HGET', KEYS[2], ARGV[2])
if kept then return { 'kept', kept } end
return { 'open' }
`);

/**
 * Keeps the result of `ctx.once`, unless another worker holds the lock. A lock that merely ran out (Redis was away for
 * longer than it lasts) refuses nothing here: the effect was made, and whoever takes the job next must not make it
 * again. What was kept first stays.
 */
export const KEEP_EFFECT = defineScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 'lost' end
redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 'kept'
`);

/** Takes a dead letter away and queues its work under a new id, in one step: replaying twice runs it once. */
export const REPLAY = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  JOB_LUA,
  `
local prefix, deadId, id, handler, now, queue, addName, keyCount, queuedId = unpack(ARGV, 1, 9)
if removeDeadLetter(prefix, deadId) == 0 then return 'gone' end
if id == '' then
  if redis.call('HEXISTS', jobKeyOf(prefix, deadId), 'status') == 1 then
    resetJob(prefix, deadId, now, queuedId)
    redis.call('HSET', jobKeyOf(prefix, deadId), 'queue', queue)
  end
else
  noteJobOfDelivery(prefix, id, handler, queue, queuedId)
  redis.call('HSET', KEYS[2], handler, 'pending')
  setStatus(prefix, KEYS[1], id, 'dispatched', now)
  forgetAfter(prefix, id, nil)
end
add[addName](sliceOf(KEYS, 3, tonumber(keyCount)), sliceOf(ARGV, 10, 3))
redis.call('SADD', prefix .. '/queues', queue)
return 'replayed'
`,
);
