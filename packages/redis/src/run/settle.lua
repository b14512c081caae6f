--- Writes down how an attempt ended, before BullMQ hears of it: only the run that counts may. One whose job was taken over
--- meanwhile may still have succeeded: then the work is done, and whoever has it now need not do it again. The dead
--- letter's history is put together here, from every attempt of this work: `content` is a letter left open for it.
--- @include dead-letter, runs
--- @keys    lock, attempts, work
--- @args    workId, token, lockMs, kind, counters, attempt, now, retention, content, suffix, run
--- @add     letter?

local function mayEnd(runs)
  local place = placeOfRun(runs, run)
  return place == 1 or (place and kind == 'complete')
end

local function maySettle() return mayEnd(runsOf(workKey, 'runs' .. suffix)) end

-- A lock that ran out while nobody took the job over: BullMQ is told of this end by whoever holds it.
local function keepLock() redis.call('SET', lockKey, token, 'PX', lockMs, 'NX') end

local function keepAttempt()
  if attempt == '' then return end
  redis.call('RPUSH', attemptsKey, attempt)
  redis.call('LTRIM', attemptsKey, -200, -1)
end

local function endRuns()
  if kind == 'retry' then
    redis.call('HDEL', workKey, 'runs' .. suffix, 'unclaimed' .. suffix)
    redis.call('HINCRBY', workKey, 'tries' .. suffix, 1)
  else
    redis.call('HDEL', workKey, 'runs' .. suffix, 'unclaimed' .. suffix, 'tries' .. suffix)
  end
  keepAttempt()
end

local STATES = { complete = 'succeeded', supersede = 'superseded', bury = 'dead' }

local function stateNow() return (STATES[kind] or 'dead') .. '|' .. counters end

local function keepLetter()
  removeDeadLetter(workId)
  if kind ~= 'bury' then return end
  local history = table.concat(redis.call('LRANGE', attemptsKey, 0, -1), ',')
  addLetter(content .. ',"attempts":[' .. history .. ']}')
  redis.call('SADD', queuesKeyOf(), 'dead-letter')
end
