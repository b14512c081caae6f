--- Queues a failed job once more, from its beginning, and takes its dead letter away.
--- @include acts, dead-letter, job, summary, intake
--- @keys    job
--- @args    id, now, queue, queuedId, token, act
--- @add     run
--- @reply   [queued | unknown | pending | processing | succeeded] summary

local closed = closedFor()
if closed then return closed end
local status = redis.call('HGET', jobKey, 'status')
if not status then return { 'unknown' } end
if status ~= 'failed' then return { status } end
removeDeadLetter(id)
resetJob(id, now, queuedId)
redis.call('HSET', jobKey, 'token', token, 'queue', queue)
addRun()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return { 'queued', summaryOf(id) }
