--- One page of the events that nobody wanted, or that somebody who was away may have wanted, oldest first, with what tells
--- who wants them and the handlers that they have; and the handlers that have appeared. Older ones than `window` are not
--- looked at any more.
--- @include event
--- @keys    unclaimed, appeared
--- @args    window, skip, count
--- @reply   events, appeared

redis.call('ZREMRANGEBYSCORE', unclaimedKey, '-inf', millisecondsNow() - window)
local appeared, events = redis.call('HGETALL', appearedKey), {}
if #appeared == 0 then return { {}, {} } end
for _, id in ipairs(redis.call('ZRANGE', unclaimedKey, skip, skip + count - 1)) do
  local source, provider, type = kindOf(eventKeyOf(id))
  events[#events + 1] = { id, source or '', provider or '', type or '', namesIn(handlersOf(eventKeyOf(id), id)) }
end
return { events, appeared }
