--- Queues an event once more for handlers that there were not when it was dispatched.
--- @include acts, clock, intake
--- @keys    event, unclaimed
--- @args    id, queue, act
--- @add     again
--- @reply   queued | gone

local closed = closedFor()
if closed then return closed end
redis.call('ZREM', unclaimedKey, id)
if redis.call('EXISTS', eventKey) == 0 or redis.call('HEXISTS', eventKey, 'shedAt') == 1 then return 'gone' end
-- It is settled as it stands: until it was dispatched again, it must not be given up.
redis.call('HSET', eventKey, 'heldUntil', millisecondsNow() + 3600000)
addAgain()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return 'queued'
