--- Tracked jobs: those that somebody holds an id of. Such a job is a hash with a status of its own, because BullMQ
--- forgets finished jobs; a stream of what happened to it, written in the same step as what it tells of; and its places
--- in the lists. `queuedId` names the BullMQ job that may run it now: one of an earlier try may not.
--- @include clock, frames

local mostFrames, mostFrameBytes = 10000, 16 * 1024 * 1024

-- Steps of 64 KiB come to 640 MB in ten thousand: the oldest go, a few for each that comes, and the newest stays. XADD's
-- own MAXLEN does not say what it takes away, and the count of bytes would be of more than there is.
local function keepStreamSmall(id, bytes)
  local stream = jobStreamKeyOf(id)
  while bytes > mostFrameBytes or redis.call('XLEN', stream) > mostFrames do
    local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 2)
    if #oldest < 2 then return end
    redis.call('XDEL', stream, oldest[1][1])
    bytes = redis.call('HINCRBY', jobKeyOf(id), 'streamBytes', -bytesOf(oldest[1][2]))
  end
end

-- The stream is the truth; the message only says that there is something to read.
local function emitFrame(id, ...)
  redis.call('XADD', jobStreamKeyOf(id), '*', ...)
  keepStreamSmall(id, redis.call('HINCRBY', jobKeyOf(id), 'streamBytes', bytesOf({ ... })))
  redis.call('PUBLISH', jobKeyOf(id), '')
end

local function isOver(status) return status == 'succeeded' or status == 'failed' end

local function listsOf(name, status)
  return { jobsOfStatusKeyOf(status), jobsOfNameAndStatusKeyOf(name, status) }
end

local function setJobStatus(id, status, now)
  local was, created, name = unpack(redis.call('HMGET', jobKeyOf(id), 'status', 'created', 'name'))
  if was then
    for _, list in ipairs(listsOf(name, was)) do redis.call('ZREM', list, id) end
  end
  for _, list in ipairs(listsOf(name, status)) do redis.call('ZADD', list, created, id) end
  redis.call('HSET', jobKeyOf(id), 'status', status, 'updated', now)
end

local function forgetJobAfter(id, at)
  if at then redis.call('ZADD', jobsExpiringKeyOf(), at, id)
  else redis.call('ZREM', jobsExpiringKeyOf(), id) end
end

-- Whether it was new. One that is known stays as it is.
local function createJob(id, name, now, fields)
  if redis.call('HEXISTS', jobKeyOf(id), 'status') == 1 then return false end
  redis.call('HSET', jobKeyOf(id), 'name', name, 'created', now, unpack(fields))
  redis.call('ZADD', jobsKeyOf(), now, id)
  redis.call('ZADD', jobsOfNameKeyOf(name), now, id)
  setJobStatus(id, 'pending', now)
  return true
end

-- Back to its beginning, for a run that somebody asked for.
local function resetJob(id, now, queuedId)
  local key = jobKeyOf(id)
  redis.call('HDEL', key, 'state', 'result', 'error', 'phase', 'deadline', 'startedAt', 'step', 'attempt', 'runAt',
    'runs', 'tries', 'unclaimed')
  redis.call('HSET', key, 'queuedId', queuedId)
  redis.call('DEL', jobStreamKeyOf(id))
  redis.call('HDEL', jobKeyOf(id), 'streamBytes')
  setJobStatus(id, 'pending', now)
  forgetJobAfter(id, nil)
end

local function beginJob(id, now)
  setJobStatus(id, 'processing', now)
  redis.call('HSET', jobKeyOf(id), 'startedAt', now)
  emitFrame(id, 'type', 'started', 'timestamp', now, 'message', 'Job processing started')
end

-- The one way into a final status; `field` is what it leaves: 'result' or 'error', as JSON.
local function endJob(id, status, now, field, json)
  local key = jobKeyOf(id)
  local startedAt = redis.call('HGET', key, 'startedAt') or now
  redis.call('HSET', key, field, json)
  redis.call('HDEL', key, 'phase', 'deadline', 'runs', 'tries', 'unclaimed')
  setJobStatus(id, status, now)
  emitFrame(id, 'type', status == 'succeeded' and 'completed' or 'failed', 'timestamp', now,
    'processingTime', tonumber(now) - tonumber(startedAt),
    'message', 'Job processing ' .. (status == 'succeeded' and 'completed' or 'failed'), field, json)
end
