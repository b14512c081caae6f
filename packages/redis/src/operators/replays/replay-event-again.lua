--- Has an event that no handler had dispatched once more for a replay, in one step with the replay's own note of it.
--- @include clock, intake
--- @keys    event, runs, open, unclaimed
--- @args    id, queue, queuedId
--- @add     again
--- @reply   queued | before | open | gone | shed

local closed = closedFor()
if closed then return closed end
if redis.call('HEXISTS', runsKey, id) == 1 then return 'before' end
local status, shedAt = unpack(redis.call('HMGET', eventKey, 'status', 'shedAt'))
if not status then return 'gone' end
if shedAt then return 'shed' end
if status == 'received' or status == 'queued' then return 'open' end
redis.call('HSET', runsKey, id, queuedId .. '|0')
redis.call('SADD', openKey, id)
redis.call('ZREM', unclaimedKey, id)
-- It is settled as it stands: until it was dispatched again, it must not be given up.
redis.call('HSET', eventKey, 'heldUntil', millisecondsNow() + 3600000)
addAgain()
redis.call('SADD', queuesKeyOf(), queue)
return 'queued'
