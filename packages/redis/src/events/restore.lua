--- Puts an event back that was given up: as one that was handled, with what the history knows of it. Whoever brings it
--- queues it then.
--- @include clock
--- @keys    event, known, expiring
--- @args    id, retention
--- @lists   fields
--- @reply   restored | there

if redis.call('EXISTS', eventKey) == 1 then return 'there' end
local now = millisecondsNow()
local forgetAt = now + retention
redis.call('DEL', knownKey)
redis.call('HSET', eventKey, 'status', 'handled', 'statusAt', now, 'settledAt', now, 'heldUntil', now + 3600000,
  unpack(fields))
redis.call('ZADD', expiringKey, forgetAt, id)
return 'restored'
