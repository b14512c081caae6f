--- Ends a job that ran to its end, and takes the next one, as BullMQ's moveToFinished and moveToActive do it for plain jobs
--- in plain queues, without what they write for listeners that nobody here is. A test compares them. Whatever is not plain
--- is left as it was, and to BullMQ.

-- How many ended jobs are taken away at once where a queue is to keep fewer than before.
local MOST_REMOVED = 1000

local function removeOldestEnded(queue, completedKey, surplus)
  local oldest = redis.call('ZPOPMIN', completedKey, math.min(surplus, MOST_REMOVED))
  for i = 1, #oldest, 2 do
    local key = bullJobKeyOf(queue, oldest[i])
    redis.call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed',
      key .. ':unsuccessful')
  end
end

-- Says whether it has ended.
local function endTurn(queue, jobId, token, now, made, kept)
  local jobKey, lockKey = bullJobKeyOf(queue, jobId), bullLockKeyOf(queue, jobId)
  -- One that ran out is nobody's: whoever took the job over would have set it anew.
  local holder = redis.call('GET', lockKey) or token
  if holder ~= token or redis.call('EXISTS', jobKey) == 0 then return false end
  if redis.call('LREM', bullJobKeyOf(queue, 'active'), -1, jobId) == 0 then return false end
  redis.call('DEL', lockKey)
  redis.call('SREM', bullJobKeyOf(queue, 'stalled'), jobId)
  redis.call('HSET', jobKey, 'atm', made + 1, 'returnvalue', 'null', 'finishedOn', now)
  local completedKey = bullJobKeyOf(queue, 'completed')
  redis.call('ZADD', completedKey, now, jobId)
  local surplus = redis.call('ZCARD', completedKey) - kept
  if surplus > 0 then removeOldestEnded(queue, completedKey, surplus) end
  return true
end

-- The fields of a job that was taken, by name, and as BullMQ hands them on.
local function beginTurn(queue, jobId, token, lockMs, now)
  local jobKey = bullJobKeyOf(queue, jobId)
  local listed, job = redis.call('HGETALL', jobKey), {}
  for i = 1, #listed, 2 do job[listed[i]] = listed[i + 1] end
  local started = tonumber(job.ats or 0) + 1
  redis.call('SET', bullLockKeyOf(queue, jobId), token, 'PX', lockMs)
  redis.call('HSET', jobKey, 'processedOn', now, 'ats', started)
  redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
  -- Of a name that stands twice the last one counts.
  for _, text in ipairs({ 'processedOn', now, 'ats', tostring(started) }) do listed[#listed + 1] = text end
  return job, listed
end

local function nextIdOf(queue)
  local activeKey = bullJobKeyOf(queue, 'active')
  local jobId = redis.call('RPOPLPUSH', bullJobKeyOf(queue, 'wait'), activeKey)
  if jobId then return jobId end
  local first = redis.call('ZPOPMIN', bullJobKeyOf(queue, 'prioritized'))[1]
  if first then redis.call('LPUSH', activeKey, first)
  else redis.call('DEL', bullJobKeyOf(queue, 'pc')) end
  return first
end

-- What BullMQ answers to whoever takes a job, and the job's fields by name. Nothing where BullMQ has more to do than to
-- take one: jobs whose time has come, a limit of the queue's own, or a marker that an old version left.
local function takeJob(queue, token, lockMs, now)
  local paused, most, limit = unpack(redis.call('HMGET', bullJobKeyOf(queue, 'meta'), 'paused', 'concurrency', 'max'))
  local delayed = redis.call('ZRANGE', bullJobKeyOf(queue, 'delayed'), 0, 0, 'WITHSCORES')[2]
  if limit or (delayed and tonumber(delayed) < (now + 1) * 0x1000) then return nil end
  if paused or (most and redis.call('LLEN', bullJobKeyOf(queue, 'active')) >= tonumber(most)) then
    return { '', '', 0, 0 }
  end
  local jobId = nextIdOf(queue)
  if not jobId then return { '', '', 0, delayed and tonumber(delayed) / 0x1000 or 0 } end
  if string.sub(jobId, 1, 2) == '0:' then
    redis.call('LREM', bullJobKeyOf(queue, 'active'), 1, jobId)
    return nil
  end
  local job, listed = beginTurn(queue, jobId, token, lockMs, now)
  return { listed, jobId, 0, 0 }, job
end

-- A job that this turn has taken already, when it was not told.
local function takenBefore(queue, token)
  for _, jobId in ipairs(redis.call('LRANGE', bullJobKeyOf(queue, 'active'), 0, 199)) do
    if redis.call('GET', bullLockKeyOf(queue, jobId)) == token then
      return { redis.call('HGETALL', bullJobKeyOf(queue, jobId)), jobId, 0, 0 }
    end
  end
end
