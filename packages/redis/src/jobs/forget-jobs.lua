--- Forgets tracked jobs whose retention time is over, a few at a time so that the server is never held up. Says how many.
--- `ahead` is added to Redis's clock, which decides.
--- @include clock
--- @keys  expiring
--- @args  ahead
--- @reply integer

local ids = redis.call('ZRANGEBYSCORE', expiringKey, '-inf', millisecondsNow() + ahead, 'LIMIT', 0, 200)
for _, id in ipairs(ids) do
  local name, status = unpack(redis.call('HMGET', jobKeyOf(id), 'name', 'status'))
  name, status = tostring(name), tostring(status)
  redis.call('DEL', jobKeyOf(id), jobStreamKeyOf(id), attemptsKeyOf(id), effectsKeyOf(id))
  redis.call('ZREM', jobsKeyOf(), id)
  redis.call('ZREM', jobsOfNameKeyOf(name), id)
  redis.call('ZREM', jobsOfNameAndStatusKeyOf(name, status), id)
  redis.call('ZREM', jobsOfStatusKeyOf(status), id)
  redis.call('ZREM', expiringKey, id)
end
return #ids
