--- Begins one attempt of a job that belongs to no event. Most have no record of their own (schedules'), so all that is
--- known is how they were settled; a tracked one also begins here. One that can be finished from outside is always
--- tracked.
---
--- A settled job that comes again either lost its worker before BullMQ heard of it, and is only to be ended; or an
--- operator runs it again on the dashboard, and it begins anew.
--- @include dead-letter, job
--- @keys    job, lock
--- @args    id, queuedId, made, stalled, now, attempt, maxAttempts, external, name, queue, data, newToken, token
--- @reply   [open | lost | superseded | succeeded | dead | awaiting | overdue] deaths or result or deadline, isTracked, finishToken, publicUrl

if redis.call('GET', lockKey) ~= token then return { 'lost' } end
local record = redis.call('HMGET', jobKey, 'state', 'status', 'result', 'phase', 'deadline', 'queuedId', 'token')
local state, status, result, phase, deadline, current, finishToken = unpack(record)
local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')

if status and current ~= queuedId and not isOver(status) then return { 'superseded' } end
if was and made == madeThen and tonumber(stalled) > tonumber(stalledThen) then return { was, result or 'null' } end
if was then
  if was == 'dead' then removeDeadLetter(id) end
  redis.call('HDEL', jobKey, 'state')
  if status then
    resetJob(id, now, queuedId)
    status, phase = 'pending', false
  end
elseif status and isOver(status) then
  was = status == 'succeeded' and 'succeeded' or 'dead'
  redis.call('HSET', jobKey, 'state', was .. '|' .. made .. '|' .. stalled)
  return { was, result or 'null' }
end
if phase == 'awaiting' then
  if tonumber(deadline) > tonumber(now) then return { 'awaiting', deadline } end
  return { 'overdue' }
end

if not status and external == '1' then
  createJob(id, name, now, { 'queue', queue, 'queuedId', queuedId, 'data', data, 'token', newToken })
  status, finishToken = 'pending', newToken
end
if status then
  redis.call('HSET', jobKey, 'attempt', attempt, 'maxAttempts', maxAttempts, 'external', external)
  if status == 'pending' then beginJob(id, now) end
end
local deaths = redis.call('HINCRBY', jobKey, 'begun', 1) - 1
-- Nothing else takes away what is known of a job without a record, should it never be settled.
if not status then redis.call('PEXPIRE', jobKey, 604800000) end
return { 'open', deaths, status and '1' or '', finishToken or '', redis.call('GET', publicUrlKeyOf()) or '' }
