--- Writes down how an attempt ended, before BullMQ hears of it. Only the worker that still holds the job's lock may: the
--- result of one that was paused or cut off for too long is refused (`lost`). The dead letter's history is put together
--- here, from every attempt of this work: `content` is a letter left open for it.
--- @include dead-letter
--- @keys    lock, attempts, state
--- @args    workId, token, kind, field, counters, attempt, now, retention, content
--- @add     letter?

local function isHeld() return redis.call('GET', lockKey) == token end

local function keepAttempt()
  if attempt == '' then return end
  redis.call('RPUSH', attemptsKey, attempt)
  redis.call('LTRIM', attemptsKey, -200, -1)
end

local function keepState()
  redis.call('HSET', stateKey, field, (kind == 'complete' and 'succeeded' or 'dead') .. '|' .. counters)
  removeDeadLetter(workId)
  if kind ~= 'bury' then return end
  local history = table.concat(redis.call('LRANGE', attemptsKey, 0, -1), ',')
  addLetter(content .. ',"attempts":[' .. history .. ']}')
  redis.call('SADD', queuesKeyOf(), 'dead-letter')
end
