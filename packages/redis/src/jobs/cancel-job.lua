--- Ends a job that is not over, and tells the workers, one of which may run it.
--- @include job, summary
--- @keys    job
--- @args    id, now, error, retention
--- @reply   [cancelled | unknown | succeeded | failed] queue, queuedId, summary

local status, queue, queuedId = unpack(redis.call('HMGET', jobKey, 'status', 'queue', 'queuedId'))
if not status then return { 'unknown' } end
if isOver(status) then return { status } end
endJob(id, 'failed', now, 'error', error)
forgetJobAfter(id, tonumber(now) + tonumber(retention))
redis.call('PUBLISH', jobsCancelledKeyOf(), id)
return { 'cancelled', queue, queuedId, summaryOf(id) }
