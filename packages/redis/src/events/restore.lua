--- Puts an event back that was given up, as one that was handled, with what the history knows of it: its body is staged
--- already, in so many pieces. Whoever brings it queues it then; until that is through, it is not given up again.
--- @include clock
--- @keys    event, staged, known, expiring
--- @args    id, pieces, retention
--- @lists   fields
--- @reply   restored | there

if redis.call('EXISTS', eventKey) == 1 then return 'there' end
if redis.call('HLEN', stagedKey) ~= tonumber(pieces) then
  return redis.error_reply('a piece of the body was not kept')
end
local now = millisecondsNow()
redis.call('RENAME', stagedKey, eventKey)
redis.call('PERSIST', eventKey)
redis.call('HSET', eventKey, 'status', 'handled', 'statusAt', now, 'queuedAt', now, 'heldUntil', now + 3600000,
  unpack(fields))
redis.call('DEL', knownKey)
redis.call('ZADD', expiringKey, now + retention, id)
return 'restored'
