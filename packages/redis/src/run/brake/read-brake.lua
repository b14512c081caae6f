--- Says how far a handler's brake is, and how those ended that it let through.
---
--- `looks`: at how many passes to look closer. Those of jobs that ended, or wait again, without having run are taken away:
--- another job has their work, an operator has paused the handler, or somebody removed them. `grace`: milliseconds that a
--- job has to begin before that.
--- @include clock
--- @keys    paused, brake, passes, held
--- @args    handler, looks, grace
--- @reply   [on | off] state, held, underWay, succeeded, failed, other, isPaused

local isPaused, mark = unpack(redis.call('HMGET', pausedKey, handler, 'brake/' .. handler))
if not mark then return { 'off' } end

local function isVoid(place)
  if redis.call('SISMEMBER', heldKey, place) == 1 then return true end
  local jobKey = bullJobKeyOf(string.match(place, '^([^|]*)|(.*)$'))
  return redis.call('EXISTS', jobKey) == 0 or redis.call('HEXISTS', jobKey, 'finishedOn') == 1
end

local passes, before = {}, millisecondsNow() - tonumber(grace)
if looks ~= '0' then passes = redis.call('HRANDFIELD', passesKey, looks, 'WITHVALUES') end
for i = 1, #passes, 2 do
  if tonumber(passes[i + 1]) < before and isVoid(passes[i]) then
    redis.call('HDEL', passesKey, passes[i])
    redis.call('HINCRBY', brakeKey, 'other', 1)
  end
end
local state, succeeded, failed, other = unpack(redis.call('HMGET', brakeKey, 'state', 'succeeded', 'failed', 'other'))
return { 'on', state or '', redis.call('SCARD', heldKey), redis.call('HLEN', passesKey), tonumber(succeeded) or 0,
  tonumber(failed) or 0, tonumber(other) or 0, isPaused and 1 or 0 }
