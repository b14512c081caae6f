--- Finishes a job from outside, once: only one that runs or waits for this. Says which BullMQ job is to be woken.
--- One that waits for its next attempt has not been sent out, but its sender may have been cut off just after it was:
--- whoever finishes it knows better.
--- @include job, summary, intake
--- @keys    job
--- @args    id, now, result, retention, token
--- @reply   [finished | unknown | refused | finishes-itself | pending | succeeded | failed] queue, queuedId, summary

local closed = closedFor()
if closed then return closed end
local record = redis.call('HMGET', jobKey, 'status', 'external', 'queue', 'queuedId', 'token')
local status, external, queue, queuedId, ownToken = unpack(record)
if not status then return { 'unknown' } end
-- A retry since this token was looked at has made another.
if token ~= '' and token ~= ownToken then return { 'refused' } end
if status ~= 'processing' then return { status } end
if external ~= '1' then return { 'finishes-itself' } end
endJob(id, 'succeeded', now, 'result', result)
forgetJobAfter(id, millisecondsNow() + retention)
return { 'finished', queue, queuedId, summaryOf(id) }
