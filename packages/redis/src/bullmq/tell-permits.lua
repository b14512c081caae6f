--- Says of permits that were asked for which jobs began with them, and gives back those with which none did. A job has
--- begun by now: the time from which on its permit counts is no earlier.
--- @include clock
--- @args    queue, duration
--- @lists   began, unused
--- @reply   ok

local now = millisecondsNow()
local begunKey, askedKey = permitsBegunKeyOf(queue), permitsAskedKeyOf(queue)
for _, id in ipairs(began) do
  redis.call('ZREM', askedKey, id)
  redis.call('ZADD', begunKey, 'XX', now, id)
end
for _, id in ipairs(unused) do
  redis.call('ZREM', askedKey, id)
  redis.call('ZREM', begunKey, id)
  redis.call('ZREM', permitsKeyOf(queue), id)
end
redis.call('PEXPIRE', begunKey, duration)
return 'ok'
