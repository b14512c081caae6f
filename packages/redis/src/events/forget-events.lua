--- Forgets events whose retention time is over, a few at a time so that the server is never held up. Says how many.
--- `ahead` is added to Redis's clock, which decides.
--- @include event
--- @keys  list
--- @args  ahead
--- @reply integer

local ids = redis.call('ZRANGEBYSCORE', listKey, '-inf', millisecondsNow() + ahead, 'LIMIT', 0, 200)
for _, id in ipairs(ids) do
  local status = redis.call('HGET', eventKeyOf(id), 'status')
  for _, handler in ipairs(namesIn(handlersOf(eventKeyOf(id), id))) do
    redis.call('DEL', attemptsKeyOf(id .. '~' .. handler), effectsKeyOf(id .. '~' .. handler))
  end
  redis.call('DEL', eventKeyOf(id), deliveriesKeyOf(id))
  redis.call('ZREM', eventsOfStatusKeyOf(tostring(status)), id)
  redis.call('ZREM', listKey, id)
end
return #ids
