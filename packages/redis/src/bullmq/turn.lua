--- Ends jobs that ran to their end, and takes the next ones, as BullMQ's moveToFinished and moveToActive do it for plain jobs
--- in plain queues, without what they write for listeners that nobody here is. A test compares them. Whatever is not plain
--- is left as it was, and to BullMQ. A script may end and take many: what they have in common is asked and written once.
--- @include fair

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

-- What is in the locks of these jobs, in turn: each a table with `queue` and `jobId`.
local function holdersOf(turns)
  local keys = {}
  for i, turn in ipairs(turns) do keys[i] = bullLockKeyOf(turn.queue, turn.jobId) end
  return redis.call('MGET', unpack(keys))
end

-- Whether a job was ended by this very turn: then only the answer was lost.
local function hasEnded(queue, jobId, made)
  local atm, finishedOn = unpack(redis.call('HMGET', bullJobKeyOf(queue, jobId), 'atm', 'finishedOn'))
  return finishedOn and tonumber(atm) == tonumber(made) + 1
end

-- Says whether it has ended; `finishTurns` does the rest. `returned`: what the job returned, as JSON. `holder`: what is in
-- its lock; one that ran out is nobody's, and whoever took the job over would have set it anew. Its first write takes no
-- memory: a Redis at its limit refuses a script whose first one does.
local function endTurn(queue, jobId, token, now, made, kept, returned, holder)
  if holder and holder ~= token then return false end
  if redis.call('LREM', bullJobKeyOf(queue, 'active'), -1, jobId) == 0 then return false end
  redis.call('HSET', bullJobKeyOf(queue, jobId), 'atm', made + 1, 'returnvalue', returned, 'finishedOn', now)
  local ended = endedIn[queue] or { ids = {}, locks = {}, kept = {} }
  endedIn[queue] = ended
  local nth = #ended.ids + 1
  ended.ids[nth], ended.locks[nth], ended.kept[nth] = jobId, bullLockKeyOf(queue, jobId), kept
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
local function factsOf(queue, now)
  local facts = factsByQueue[queue]
  if not facts then
    local paused, most, limit, fair =
      unpack(redis.call('HMGET', bullJobKeyOf(queue, 'meta'), 'paused', 'concurrency', 'max', 'fair'))
    if fair then takeTurnsIn(queue, now) end
    local delayed = redis.call('ZRANGE', bullJobKeyOf(queue, 'delayed'), 0, 0, 'WITHSCORES')[2]
    facts = { paused = paused, most = most, limit = limit, fair = fair, delayed = tonumber(delayed) }
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
  return told
end

local function takePrioritized(queue, count)
  local ids, scores = {}, {}
  local popped = redis.call('ZPOPMIN', bullJobKeyOf(queue, 'prioritized'), count)
  for i = 1, #popped, 2 do ids[#ids + 1], scores[#scores + 1] = popped[i], popped[i + 1] end
  if factsByQueue[queue].fair then leaveRounds(queue, ids, scores) end
  if #ids < count then redis.call('DEL', bullJobKeyOf(queue, 'pc')) end
  return ids
end

-- Puts the next jobs among those that are worked on, at most so many. With fewer, it says why, and from when on another one
-- may be there: `empty`; `full` where as many are worked on, over all workers, as may be; or `other` where BullMQ has more
-- to do than to take one: jobs whose time has come, a limit of the queue's own, or a marker that an old version left.
local function takeIds(queue, count, now)
  local facts, activeKey = factsOf(queue, now), bullJobKeyOf(queue, 'active')
  if facts.limit then return {}, 'other', 0 end
  if not facts.fair and facts.delayed and facts.delayed < (now + 1) * 0x1000 then return {}, 'other', 0 end
  if facts.paused then return {}, 'empty', 0 end
  local most = facts.most and math.max(0, tonumber(facts.most) - redis.call('LLEN', activeKey)) or count
  if most == 0 then return {}, 'full', 0 end
  local ids, why, untilWhen = {}, most < count and 'full' or 'more', 0
  count = math.min(count, most)
  -- What still waits in a fair queue has no turn yet.
  for _, id in ipairs(not facts.fair and redis.call('RPOP', bullJobKeyOf(queue, 'wait'), count) or {}) do
    if string.sub(id, 1, 2) == '0:' then why = 'other' else ids[#ids + 1] = id end
  end
  if why ~= 'other' and #ids < count then
    for _, id in ipairs(takePrioritized(queue, count - #ids)) do ids[#ids + 1] = id end
    if #ids < count then
      why, untilWhen = 'empty', facts.delayed and math.floor(facts.delayed / 0x1000) or 0
    end
  end
  if #ids > 0 then
    redis.call('LPUSH', activeKey, unpack(ids))
    redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
  end
  return ids, why, untilWhen
end

-- A job that this turn has taken already, when it was not told.
local function takenBefore(queue, token)
  for _, jobId in ipairs(redis.call('LRANGE', bullJobKeyOf(queue, 'active'), 0, 199)) do
    if redis.call('GET', bullLockKeyOf(queue, jobId)) == token then
      return jobId, redis.call('HMGET', bullJobKeyOf(queue, jobId), unpack(TOLD))
    end
  end
end
