--- Settles a delivery that was queued again with its whole event, and that its handler's filter refuses now. `not`: it was
--- settled meanwhile, or another job has it; whoever opens it finds out.
--- @include event, runs
--- @keys    lock
--- @args    id, handler, reason, now, retention, token, queue, jobId
--- @reply   filtered | not

local eventKey = eventKeyOf(id)
handlersOf(eventKey, id)
local state, runs = unpack(redis.call('HMGET', eventKey, 'd/' .. handler, 'runs/' .. handler))
local itsQueue, itsJob = jobOfDelivery(id, handler)
if state ~= 'pending' or #runsIn(runs) > 0 or itsQueue ~= queue or itsJob ~= jobId then return 'not' end
if isHeldElsewhere(lockKey, token) then return 'not' end
settleDelivery(eventKey, id, handler, filteredState(reason), tonumber(now), tonumber(retention))
noteChange(id)
return 'filtered'
