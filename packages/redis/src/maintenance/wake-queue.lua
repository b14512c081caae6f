--- Wakes a queue that sleeps over its work. BullMQ's idle workers wait for a marker; a lost one leaves jobs lying. What
--- waits without a marker and has not moved since the last look, and what is overdue, gets one; what is overdue still at
--- the next look is put into the waiting list by BullMQ's own script. A queue that is paused, at its global concurrency
--- or held by its rate limit is not asleep.
--- `nextThen` and `overdueThen` are what the last look answered: the next waiting job, and which were overdue. Beside
--- these: how many markers were set, and which jobs were promoted.
--- @include clock, promote-job
--- @keys    repairs
--- @args    queue, grace, nextThen
--- @lists   overdueThen
--- @reply   next, markers, overdue, promoted

local function partKeyOf(name) return bullJobKeyOf(queue, name) end

local markerKey, wasOverdue = partKeyOf('marker'), {}
for _, id in ipairs(overdueThen) do wasOverdue[id] = true end

local paused, concurrency = unpack(redis.call('HMGET', partKeyOf('meta'), 'paused', 'concurrency'))
if paused or redis.call('PTTL', partKeyOf('limiter')) > 0 then return { '', 0, {}, {} } end
if concurrency and redis.call('LLEN', partKeyOf('active')) >= tonumber(concurrency) then return { '', 0, {}, {} } end

local hasMarker = redis.call('EXISTS', markerKey) == 1
local set, overdue, promoted = 0, {}, {}
local before = (millisecondsNow() - tonumber(grace)) * 0x1000
for _, id in ipairs(redis.call('ZRANGEBYSCORE', partKeyOf('delayed'), '-inf', before, 'LIMIT', 0, 100)) do
  if redis.call('EXISTS', partKeyOf(id)) == 0 then
    -- The hash is gone: there is nothing to run, and promoting it would make an empty one.
  elseif wasOverdue[id] then
    promoteJob(queue, id)
    promoted[#promoted + 1] = id
  else
    overdue[#overdue + 1] = id
    if not hasMarker and set == 0 then
      redis.call('ZADD', markerKey, 0, '1')
      set = 1
    end
  end
end

local waiting = redis.call('LINDEX', partKeyOf('wait'), -1)
local nextNow = waiting or redis.call('ZRANGE', partKeyOf('prioritized'), 0, 0)[1] or ''
if redis.call('EXISTS', markerKey) == 1 then
  nextNow = ''
elseif nextNow ~= '' and nextNow == nextThen then
  redis.call('ZADD', markerKey, 0, '0')
  set = set + 1
end
if set > 0 then redis.call('HINCRBY', repairsKey, 'marker', set) end
if #promoted > 0 then redis.call('HINCRBY', repairsKey, 'overdue', #promoted) end
return { nextNow, set, overdue, promoted }
