--- Settles an attempt of a delivery, and with the last of them its event. `told`: what there is to say of the attempt for
--- the history, as JSON.
---
--- `kept` not empty: also ends the delivery's job, of which the queue keeps so many, and takes the next job where `takes`
--- says so: one step, so that a busy worker needs no other. Whether the job has `ended` is said; else BullMQ is to end it.
--- A reply that was lost is asked for again: a run that has settled and ended says so once more.
--- @include event, settle, next
--- @keys    event
--- @args    id, told, queue, jobId, made, kept, takes
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

if not maySettle() then
  local state = redis.call('HGET', stateKey, field) or ''
  if kept ~= '' and state == 'succeeded|' .. counters and hasEnded() then
    return ended(function()
      local before = takenBefore(queue, token)
      if before then return before, {} end
      return takeNext(queue, token, lockMs, now)
    end)
  end
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
endRuns()
if kind ~= 'retry' then
  keepState()
  concludeEvent(eventKey, stateKey, id, tonumber(now), tonumber(retention))
end
noteChange(id, 'attempt', told)
if kept == '' or not endTurn(queue, jobId, token, now, tonumber(made), tonumber(kept)) then return { 'settled', 0 } end
return ended(function() return takeNext(queue, token, lockMs, now) end)
