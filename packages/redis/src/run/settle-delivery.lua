--- Settles an attempt of a delivery, and with the last of them its event. `told`: what there is to say of the attempt for
--- the history, as JSON.
---
--- `kept` not empty: also ends the delivery's job, of which the queue keeps so many, and takes the next job where `takes`
--- says so: one step, so that a busy worker needs no other. Whether the job has `ended` is said; else BullMQ is to end it.
--- A reply that was lost is asked for again: a run that has settled and ended says so once more.
--- @include event, settle, next
--- @args    id, handler, told, queue, jobId, made, kept, takes
--- @reply   [settled | lost | succeeded] ended, job, ahead

local function ended(take)
  if takes == '' then return { 'settled', 1 } end
  local job, ahead = take()
  if not job then return { 'settled', 1 } end
  return { 'settled', 1, job, ahead }
end

local function hasEnded()
  local atm, finishedOn = unpack(redis.call('HMGET', bullJobKeyOf(queue, jobId), 'atm', 'finishedOn'))
  return finishedOn and tonumber(atm) == tonumber(made) + 1
end

local function takeAgain()
  local before = takenBefore(queue, token)
  if before then return before, {} end
  return takeNext(queue, token, lockMs, now)
end

local event = redis.call('HMGET', workKey, 'status', 'shedAt', 'to', 'runs' .. suffix)
if not mayEnd(runsIn(event[4])) then
  local state = redis.call('HGET', workKey, 'd/' .. handler) or ''
  if kept ~= '' and state == 'succeeded|' .. counters and hasEnded() then return ended(takeAgain) end
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
if kept == '' then keepLock() end
endRuns()
if kind ~= 'retry' then
  settleDelivery(workKey, id, handler, stateNow(), now, tonumber(retention), event)
  keepLetter()
end
noteChange(id, 'attempt', told)
if kept == '' then return { 'settled', 0 } end
if not endTurn(queue, jobId, token, now, tonumber(made), tonumber(kept)) then
  keepLock()
  return { 'settled', 0 }
end
return ended(function() return takeNext(queue, token, lockMs, now) end)
