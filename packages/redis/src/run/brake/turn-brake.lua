--- Takes a step of a handler's brake, unless another was taken meanwhile, and lets so many of those pass that wait for it.
--- `was`: how far it was when the step was decided; `succeeded`, `failed` and `other` were counted for it.
--- @include promote-job, clock
--- @keys    brake, passes, held
--- @args    was, state, phase, lets, revokes, succeeded, failed, other
--- @reply   turned | stale

-- Of those that wait, some may be gone by now.
local MOST_LOOKED_AT = 1000

if (redis.call('HGET', brakeKey, 'state') or '') ~= was then return 'stale' end
-- Redis at its limit refuses a script whose first write takes memory, and what is let through makes room there.
redis.call('HDEL', brakeKey, 'none')
if revokes == '1' then redis.call('DEL', passesKey) end
redis.call('HSET', brakeKey, 'state', state, 'phase', phase)
for outcome, count in pairs({ succeeded = succeeded, failed = failed, other = other }) do
  if count ~= '0' then redis.call('HINCRBY', brakeKey, outcome, -tonumber(count)) end
end
local left = tonumber(lets)
for _ = 1, MOST_LOOKED_AT do
  if left == 0 then break end
  local place = redis.call('SPOP', heldKey)
  if not place then break end
  local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then
    redis.call('HSET', passesKey, place, millisecondsNow())
    promoteJob(queue, jobId)
    left = left - 1
  end
end
return 'turned'
