--- Begins one run of a job that belongs to no event. Most have no record of their own (schedules'), so all that is known
--- is how they were settled; a tracked one also begins here. One that can be finished from outside is always tracked.
---
--- A settled job that comes again either lost its worker before BullMQ heard of it, and is only to be ended; or an
--- operator runs it again on the dashboard, and it begins anew.
--- @include dead-letter, job, runs
--- @keys    job, lock
--- @args    id, queuedId, made, stalled, now, attempts, external, name, queue, data, newToken, token, run, process, here
--- @reply   [open | resumed | held | lost | superseded | succeeded | dead | awaiting | overdue] detail, tries, isTracked, finishToken, publicUrl

if isHeldElsewhere(lockKey, token) then return { 'lost' } end
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
if phase == 'awaiting' and tonumber(deadline) > tonumber(now) then return { 'awaiting', deadline } end

local kind, deaths = beginRun(jobKey, 'runs', run, process, here)
if kind ~= 'open' then return { kind } end
if phase == 'awaiting' then return { 'overdue' } end
if not status and external == '1' then
  createJob(id, name, now, { 'queue', queue, 'queuedId', queuedId, 'data', data, 'token', newToken })
  status, finishToken = 'pending', newToken
end
local tries = redis.call('HGET', jobKey, 'tries') or '0'
if status then
  local attempt = tonumber(tries) + 1
  redis.call('HSET', jobKey, 'attempt', attempt, 'maxAttempts', math.max(attempts, attempt), 'external', external)
  if status == 'pending' then beginJob(id, now) end
end
-- Nothing else takes away what is known of a job without a record, should it never be settled.
if not status then redis.call('PEXPIRE', jobKey, 604800000) end
return { 'open', deaths, tries, status and '1' or '', finishToken or '', redis.call('GET', publicUrlKeyOf()) or '' }
