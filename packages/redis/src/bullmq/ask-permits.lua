--- Asks for permits to begin jobs of a queue that has a limit over all workers and partitions: one for each id, the first
--- first, as far as there are any. Without one it says when to ask again, in milliseconds. Redis's clock decides.
--- @include clock
--- @args    queue, most, max, duration, keptMs
--- @lists   ids
--- @reply   granted, waitMs

local now, count, waitMs = millisecondsNow(), #ids, 0
local permitsKey, begunKey, askedKey = permitsKeyOf(queue), permitsBegunKeyOf(queue), permitsAskedKeyOf(queue)
-- Who was given one and says no more is gone; what it asked for counts as begun.
redis.call('ZREMRANGEBYSCORE', permitsKey, '-inf', now)
redis.call('ZREMRANGEBYSCORE', askedKey, '-inf', now - keptMs)
if max ~= '' then
  redis.call('ZREMRANGEBYSCORE', begunKey, '-inf', now - duration)
  count = math.min(count, tonumber(max) - redis.call('ZCARD', begunKey))
  if count <= 0 and redis.call('ZCARD', askedKey) == 0 then
    local oldest = redis.call('ZRANGE', begunKey, 0, 0, 'WITHSCORES')[2]
    waitMs = math.max(0, tonumber(oldest) + duration - now) + 1
  end
end
if most ~= '' then count = math.min(count, tonumber(most) - redis.call('ZCARD', permitsKey)) end
for i = 1, count do
  if most ~= '' then redis.call('ZADD', permitsKey, now + keptMs, ids[i]) end
  if max ~= '' then
    redis.call('ZADD', begunKey, now, ids[i])
    redis.call('ZADD', askedKey, now, ids[i])
  end
end
redis.call('PEXPIRE', permitsKey, keptMs)
redis.call('PEXPIRE', askedKey, keptMs)
redis.call('PEXPIRE', begunKey, math.max(duration, keptMs))
return { math.max(0, count), waitMs }
