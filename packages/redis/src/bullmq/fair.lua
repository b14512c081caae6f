--- Fair queues: subjects take turns, so that one with 100,000 jobs does not hold up the others.
---
--- Each job of a subject belongs to a later round than the one before it, and at the earliest to the round that is being
--- worked on; whoever takes the next job takes it from the lowest round. They lie in BullMQ's own list of prioritized jobs,
--- below all that it puts there itself: what it puts there, or into its plain list, is given its turn. `fair` holds the last
--- round of each subject that has jobs there, with the job of it, and nothing of others.
--- @include record

-- BullMQ's own scores are a priority, at least 1, times 2^32; ours stay below those, as fractions.
local FIRST_OF_OTHERS = 0x100000000
local PLACES = 0x200000
local JOBS_OF_ROUND = 0x4000
-- At most so many at once: Redis does nothing else meanwhile.
local MOST_MOVED = 500

-- What an event's job is about: the subject; the source, or the kind of work, where nobody says.
local function groupOf(queue, jobId)
  local eventKey = eventKeyOf(string.match(jobId, '^[^~]*'))
  local line = redis.call('EXISTS', eventKey) == 1 and factsLineOf(eventKey) or ''
  if line == '' then return redis.call('HGET', bullJobKeyOf(queue, jobId), 'name') or '' end
  local facts = factsIn(line)
  return facts[2] .. '\n' .. (type(facts[11]) == 'string' and facts[11] or '')
end

local function roundOf(score) return math.floor(tonumber(score) * PLACES / JOBS_OF_ROUND) end

-- The round that is being worked on.
local function roundNow(queue)
  local first = redis.call('ZRANGE', bullJobKeyOf(queue, 'prioritized'), 0, 0, 'WITHSCORES')
  if first[1] and tonumber(first[2]) < FIRST_OF_OTHERS then return roundOf(first[2]) end
  redis.call('DEL', fairKeyOf(queue))
  return 0
end

-- The last round of a subject; nothing where its job of that round was taken away by somebody who did not say so.
local function lastRoundOf(queue, group)
  local round, jobId = string.match(redis.call('HGET', fairKeyOf(queue), group) or '', '^(%d+) (.*)$')
  local score = round and redis.call('ZSCORE', bullJobKeyOf(queue, 'prioritized'), jobId)
  return score and roundOf(score) == tonumber(round) and tonumber(round) or nil
end

-- Adds those that BullMQ itself has put among the prioritized: they would stay behind all others for ever.
local function withOthers(queue, jobIds, most)
  local prioritizedKey = bullJobKeyOf(queue, 'prioritized')
  local others = most > 0
    and redis.call('ZRANGEBYSCORE', prioritizedKey, FIRST_OF_OTHERS, '+inf', 'LIMIT', 0, most) or {}
  if #others > 0 then redis.call('ZREM', prioritizedKey, unpack(others)) end
  for _, jobId in ipairs(others) do jobIds[#jobIds + 1] = jobId end
  return jobIds
end

local function addFairly(queue, newIds)
  local jobIds = withOthers(queue, newIds, MOST_MOVED - #newIds)
  if #jobIds == 0 then return end
  local now = roundNow(queue)
  for _, jobId in ipairs(jobIds) do
    local group = groupOf(queue, jobId)
    local round = math.max((lastRoundOf(queue, group) or -1) + 1, now)
    redis.call('HSET', fairKeyOf(queue), group, string.format('%d %s', round, jobId))
    local nth = redis.call('INCR', bullJobKeyOf(queue, 'pc')) % JOBS_OF_ROUND
    redis.call('ZADD', bullJobKeyOf(queue, 'prioritized'),
      string.format('%.17g', (round * JOBS_OF_ROUND + nth) / PLACES), jobId)
  end
end

-- What is tried again, or had to wait for its time, would go before all others: BullMQ has a plain list for it.
local function takeTurnsIn(queue, now)
  local delayedKey = bullJobKeyOf(queue, 'delayed')
  local due = redis.call('ZRANGEBYSCORE', delayedKey, '-inf', string.format('(%.0f', (now + 1) * 0x1000), 'LIMIT', 0, MOST_MOVED)
  if #due > 0 then redis.call('ZREM', delayedKey, unpack(due)) end
  for _, jobId in ipairs(due) do redis.call('HSET', bullJobKeyOf(queue, jobId), 'delay', 0) end
  local room = MOST_MOVED - #due
  for _, jobId in ipairs(room > 0 and redis.call('RPOP', bullJobKeyOf(queue, 'wait'), room) or {}) do
    -- Not a job, but a marker that an old version left.
    if string.sub(jobId, 1, 2) ~= '0:' then due[#due + 1] = jobId end
  end
  addFairly(queue, due)
end

-- A subject whose last job is taken needs no place any more.
local function leaveRounds(queue, jobIds, scores)
  for i, jobId in ipairs(jobIds) do
    local group = groupOf(queue, jobId)
    if redis.call('HGET', fairKeyOf(queue), group) == string.format('%d %s', roundOf(scores[i]), jobId) then
      redis.call('HDEL', fairKeyOf(queue), group)
    end
  end
end
