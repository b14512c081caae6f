--- Puts an event back that was given up, as one that was handled, with what the history knows of it: its body is staged
--- already, in so many pieces. Whoever brings it queues it then; until that is through, it is not given up again.
--- @include clock, staged, intake
--- @keys    event, known, expiring
--- @args    id, staged, pieces, retention, count
--- @lists   fields
--- @reply   restored | there

local closed = closedFor(count)
if closed then return closed end
if redis.call('EXISTS', eventKey) == 1 then return 'there' end
local now = millisecondsNow()
takeStaged(staged, pieces, eventKey)
redis.call('HSET', eventKey, 'status', 'handled', 'statusAt', now, 'queuedAt', now, 'heldUntil', now + 3600000,
  unpack(fields))
local copies = redis.call('GET', knownKey)
if copies then redis.call('HSET', eventKey, 'copies', copies) end
redis.call('DEL', knownKey)
redis.call('ZADD', expiringKey, now + retention, id)
return 'restored'
