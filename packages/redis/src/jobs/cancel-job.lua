--- Ends a job that is not over, and tells the workers, one of which may run it.
--- @include acts, job, summary, intake
--- @keys    job
--- @args    id, now, error, retention, act
--- @reply   [cancelled | unknown | succeeded | failed] queue, queuedId, summary

local closed = closedFor()
if closed then return closed end
local status, queue, queuedId, runs = unpack(redis.call('HMGET', jobKey, 'status', 'queue', 'queuedId', 'runs'))
if not status then return { 'unknown' } end
if isOver(status) then return { status } end
endJob(id, 'failed', now, 'error', error)
forgetJobAfter(id, millisecondsNow() + retention)
if runs then redis.call('PUBLISH', jobsCancelledKeyOf(), runs) end
noteAct(act)
return { 'cancelled', queue, queuedId, summaryOf(id) }
