/**
 * Lua for tracked jobs: those that somebody holds an id of. Such a job is a hash with a status of its own, because
 * BullMQ forgets finished jobs; a stream of what happened to it, written in the same step as what it tells of; and
 * its places in the lists. `queuedId` names the BullMQ job that may run it now: one of an earlier try may not.
 */
export const JOB_LUA = `
local function jobKeyOf(prefix, id) return prefix .. '/job/' .. id end

-- The stream is the truth; the message only says that there is something to read.
local function emitFrame(prefix, id, ...)
  redis.call('XADD', jobKeyOf(prefix, id) .. '/stream', 'MAXLEN', '~', 10000, '*', ...)
  redis.call('PUBLISH', jobKeyOf(prefix, id), '')
end

local function isOver(status) return status == 'succeeded' or status == 'failed' end

local function listsOf(prefix, name, status)
  return { prefix .. '/jobs/status/' .. status, prefix .. '/jobs/name/' .. name .. '/' .. status }
end

local function setJobStatus(prefix, id, status, now)
  local key = jobKeyOf(prefix, id)
  local was, created, name = unpack(redis.call('HMGET', key, 'status', 'created', 'name'))
  if was then
    for _, list in ipairs(listsOf(prefix, name, was)) do redis.call('ZREM', list, id) end
  end
  for _, list in ipairs(listsOf(prefix, name, status)) do redis.call('ZADD', list, created, id) end
  redis.call('HSET', key, 'status', status, 'updated', now)
end

local function forgetJobAfter(prefix, id, at)
  if at then redis.call('ZADD', prefix .. '/jobs/expiring', at, id)
  else redis.call('ZREM', prefix .. '/jobs/expiring', id) end
end

-- Whether it was new. One that is known stays as it is.
local function createJob(prefix, id, name, now, fields)
  local key = jobKeyOf(prefix, id)
  if redis.call('HEXISTS', key, 'status') == 1 then return false end
  redis.call('HSET', key, 'name', name, 'created', now, unpack(fields))
  redis.call('ZADD', prefix .. '/jobs', now, id)
  redis.call('ZADD', prefix .. '/jobs/name/' .. name, now, id)
  setJobStatus(prefix, id, 'pending', now)
  return true
end

-- Back to its beginning, for a run that somebody asked for.
local function resetJob(prefix, id, now, queuedId)
  local key = jobKeyOf(prefix, id)
  redis.call('HDEL', key, 'state', 'result', 'error', 'phase', 'deadline', 'startedAt', 'step', 'attempt', 'runAt')
  redis.call('HSET', key, 'queuedId', queuedId)
  redis.call('DEL', key .. '/stream')
  setJobStatus(prefix, id, 'pending', now)
  forgetJobAfter(prefix, id, nil)
end

local function beginJob(prefix, id, now)
  setJobStatus(prefix, id, 'processing', now)
  redis.call('HSET', jobKeyOf(prefix, id), 'startedAt', now)
  emitFrame(prefix, id, 'type', 'started', 'timestamp', now, 'message', 'Job processing started')
end

-- The one way into a final status; \`field\` is what it leaves: 'result' or 'error', as JSON.
local function endJob(prefix, id, status, now, field, json)
  local key = jobKeyOf(prefix, id)
  local startedAt = redis.call('HGET', key, 'startedAt') or now
  redis.call('HSET', key, field, json)
  redis.call('HDEL', key, 'phase', 'deadline')
  setJobStatus(prefix, id, status, now)
  emitFrame(prefix, id, 'type', status == 'succeeded' and 'completed' or 'failed', 'timestamp', now,
    'processingTime', tonumber(now) - tonumber(startedAt),
    'message', 'Job processing ' .. (status == 'succeeded' and 'completed' or 'failed'), field, json)
end
`;
