--- Fair queues: subjects take turns, so that one with 100,000 jobs does not hold up the others.
---
--- Each job of a subject belongs to a later round than the one before it, and at the earliest to the round that is being
--- worked on; whoever takes the next job takes it from the lowest round. They lie in BullMQ's own list of prioritized jobs,
--- above all that it would put there. `fair` holds the last round of each subject that has jobs there, and nothing of others.
--- @include record

-- BullMQ's own scores are a priority, at least 1, times 2^32; ours begin above those of its first.
local FIRST_SCORE = 0x200000000
local JOBS_OF_ROUND = 0x4000

-- What an event's job is about: the subject; the source, or the kind of work, where nobody says.
local function groupOf(queue, jobId)
  local eventKey = eventKeyOf(string.match(jobId, '^[^~]*'))
  local line = redis.call('EXISTS', eventKey) == 1 and factsLineOf(eventKey) or ''
  if line == '' then return redis.call('HGET', bullJobKeyOf(queue, jobId), 'name') or '' end
  local facts = cjson.decode(line)
  return facts[2] .. '\n' .. (type(facts[11]) == 'string' and facts[11] or '')
end

local function roundOf(score) return math.floor((tonumber(score) - FIRST_SCORE) / JOBS_OF_ROUND) end

-- The round that is being worked on.
local function roundNow(queue)
  local first = redis.call('ZRANGEBYSCORE', bullJobKeyOf(queue, 'prioritized'), FIRST_SCORE, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if first[1] then return roundOf(first[2]) end
  redis.call('DEL', fairKeyOf(queue))
  return 0
end

local function addFairly(queue, jobIds)
  local now = roundNow(queue)
  for _, jobId in ipairs(jobIds) do
    local group = groupOf(queue, jobId)
    local last = tonumber(redis.call('HGET', fairKeyOf(queue), group) or -1)
    local round = math.max(last + 1, now)
    redis.call('HSET', fairKeyOf(queue), group, round)
    local nth = redis.call('INCR', bullJobKeyOf(queue, 'pc')) % JOBS_OF_ROUND
    redis.call('ZADD', bullJobKeyOf(queue, 'prioritized'),
      string.format('%.0f', FIRST_SCORE + round * JOBS_OF_ROUND + nth), jobId)
  end
end

-- At most so many at once: Redis does nothing else meanwhile.
local MOST_MOVED = 500

-- What is tried again, or had to wait for its time, would go before all others: BullMQ has a plain list for it.
local function takeTurnsIn(queue, now)
  local delayedKey = bullJobKeyOf(queue, 'delayed')
  local due = redis.call('ZRANGEBYSCORE', delayedKey, '-inf', string.format('(%.0f', (now + 1) * 0x1000), 'LIMIT', 0, MOST_MOVED)
  if #due > 0 then redis.call('ZREM', delayedKey, unpack(due)) end
  for _, jobId in ipairs(due) do redis.call('HSET', bullJobKeyOf(queue, jobId), 'delay', 0) end
  for _, jobId in ipairs(redis.call('RPOP', bullJobKeyOf(queue, 'wait'), MOST_MOVED) or {}) do
    -- Not a job, but a marker that an old version left.
    if string.sub(jobId, 1, 2) ~= '0:' then due[#due + 1] = jobId end
  end
  if #due > 0 then addFairly(queue, due) end
end

-- A subject whose last job is taken needs no place any more.
local function leaveRounds(queue, jobIds, scores)
  for i, jobId in ipairs(jobIds) do
    local group = groupOf(queue, jobId)
    if redis.call('HGET', fairKeyOf(queue), group) == string.format('%d', roundOf(scores[i])) then
      redis.call('HDEL', fairKeyOf(queue), group)
    end
  end
end
