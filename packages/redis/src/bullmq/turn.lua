--- Ends jobs that ran to their end, and takes the next ones, as BullMQ's moveToFinished and moveToActive do it for plain jobs
--- in plain queues, without what they write for listeners that nobody here is. A test compares them. Whatever is not plain
--- is left as it was, and to BullMQ. A script may end and take many: what they have in common is asked and written once.

-- How many ended jobs are taken away at once where a queue is to keep fewer than before.
local MOST_REMOVED = 1000
local KEYS_OF_JOB = { '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }

-- By queue: the jobs that this script has ended, and how many each of them lets the queue keep.
local endedIn = {}

local function removeOldestEnded(queue, completedKey, surplus)
  local oldest = redis.call('ZPOPMIN', completedKey, math.min(surplus, MOST_REMOVED))
  local keys = {}
  for i = 1, #oldest, 2 do
    local key = bullJobKeyOf(queue, oldest[i])
    for _, ending in ipairs(KEYS_OF_JOB) do keys[#keys + 1] = key .. ending end
    if #keys >= 600 or i == #oldest - 1 then
      redis.call('DEL', unpack(keys))
      keys = {}
    end
  end
end

-- Says whether it has ended; `finishTurns` does the rest.
local function endTurn(queue, jobId, token, now, made, kept)
  local jobKey, lockKey = bullJobKeyOf(queue, jobId), bullLockKeyOf(queue, jobId)
  -- One that ran out is nobody's: whoever took the job over would have set it anew.
  local holder = redis.call('GET', lockKey) or token
  if holder ~= token or redis.call('EXISTS', jobKey) == 0 then return false end
  if redis.call('LREM', bullJobKeyOf(queue, 'active'), -1, jobId) == 0 then return false end
  redis.call('HSET', jobKey, 'atm', made + 1, 'returnvalue', 'null', 'finishedOn', now)
  local ended = endedIn[queue] or { ids = {}, locks = {}, kept = {} }
  endedIn[queue] = ended
  local nth = #ended.ids + 1
  ended.ids[nth], ended.locks[nth], ended.kept[nth] = jobId, lockKey, kept
  return true
end

local function finishTurns(now)
  for queue, ended in pairs(endedIn) do
    local completedKey, places = bullJobKeyOf(queue, 'completed'), {}
    for i, id in ipairs(ended.ids) do places[2 * i - 1], places[2 * i] = now, id end
    redis.call('DEL', unpack(ended.locks))
    redis.call('SREM', bullJobKeyOf(queue, 'stalled'), unpack(ended.ids))
    -- As many as would be left if each had been trimmed for in turn.
    local left = redis.call('ZCARD', completedKey)
    redis.call('ZADD', completedKey, unpack(places))
    local surplus = left + #ended.ids
    for _, kept in ipairs(ended.kept) do left = math.min(left + 1, kept) end
    if surplus > left then removeOldestEnded(queue, completedKey, surplus - left) end
  end
end

local factsByQueue = {}

-- What holds for a queue for as long as a script runs.
local function factsOf(queue)
  local facts = factsByQueue[queue]
  if not facts then
    local paused, most, limit = unpack(redis.call('HMGET', bullJobKeyOf(queue, 'meta'), 'paused', 'concurrency', 'max'))
    local delayed = redis.call('ZRANGE', bullJobKeyOf(queue, 'delayed'), 0, 0, 'WITHSCORES')[2]
    facts = { paused = paused, most = most, limit = limit, delayed = tonumber(delayed), isMarked = false }
    factsByQueue[queue] = facts
  end
  return facts
end

-- What is told of a job that was taken, in this order; bullmq/taken-job.ts reads it.
local TOLD = { 'name', 'data', 'opts', 'priority', 'timestamp', 'atm', 'ats', 'stc', 'rjk', 'defa', 'parentKey', 'deid' }

local function beginTurn(queue, jobId, token, lockMs, now)
  local jobKey = bullJobKeyOf(queue, jobId)
  local told = redis.call('HMGET', jobKey, unpack(TOLD))
  told[7] = tostring(tonumber(told[7] or 0) + 1)
  redis.call('SET', bullLockKeyOf(queue, jobId), token, 'PX', lockMs)
  redis.call('HSET', jobKey, 'processedOn', now, 'ats', told[7])
  local facts = factsOf(queue)
  if not facts.isMarked then
    redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
    facts.isMarked = true
  end
  return told
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

-- The next job's id and what is told of it. Without one: `empty`, and from when on another one may be there, where that is
-- known; or `other` where BullMQ has more to do than to take one: jobs whose time has come, a limit of the queue's own, or a
-- marker that an old version left.
local function takeJob(queue, token, lockMs, now)
  local facts = factsOf(queue)
  if facts.limit or (facts.delayed and facts.delayed < (now + 1) * 0x1000) then return nil, 'other', 0 end
  if facts.paused or (facts.most and redis.call('LLEN', bullJobKeyOf(queue, 'active')) >= tonumber(facts.most)) then
    return nil, 'empty', 0
  end
  local jobId = nextIdOf(queue)
  if not jobId then return nil, 'empty', facts.delayed and math.floor(facts.delayed / 0x1000) or 0 end
  if string.sub(jobId, 1, 2) == '0:' then
    redis.call('LREM', bullJobKeyOf(queue, 'active'), 1, jobId)
    return nil, 'other', 0
  end
  return jobId, beginTurn(queue, jobId, token, lockMs, now)
end

-- A job that this turn has taken already, when it was not told.
local function takenBefore(queue, token)
  for _, jobId in ipairs(redis.call('LRANGE', bullJobKeyOf(queue, 'active'), 0, 199)) do
    if redis.call('GET', bullLockKeyOf(queue, jobId)) == token then
      return jobId, redis.call('HMGET', bullJobKeyOf(queue, jobId), unpack(TOLD))
    end
  end
end
