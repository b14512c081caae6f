--- Settles an attempt of a delivery, and with the last of them its event. `told`: what there is to say of the attempt for
--- the history, as JSON; nothing where the handler was not run. `version`: of its subject, as JSON, where the handler asks
--- for the newest. BullMQ ends its job then.
---
--- What failed in the way for which its handler is braked is `held`: it waits with the others, no attempt is spent, and
--- `toldHeld` is said of it. `fingerprint`: the way in which it failed, where that may be the downstream's doing. `passes`:
--- whether the brake let it through, which is told how it ended.
--- @include event, settle, brake
--- @args    id, handler, told, toldHeld, queue, jobId, fingerprint, passes, version
--- @reply   [settled | lost | succeeded | held]

-- An older version than one that was handled comes within this time: no provider tries for longer.
local REMEMBERED_MS = 7 * 86400000

local event = redis.call('HMGET', workKey, 'status', 'shedAt', 'to', 'line' .. suffix, 'runs' .. suffix)
if not mayEnd(runsIn(event[5])) then
  local state = redis.call('HGET', workKey, 'd/' .. handler) or ''
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
local line = event[4]
-- The first write of each way takes no memory: a Redis at its limit refuses a script whose first one does.
if fingerprint ~= '' and redis.call('HGET', brakeKeyOf(handler), 'fingerprint') == fingerprint then
  redis.call('HDEL', workKey, 'runs' .. suffix, 'unclaimed' .. suffix)
  keepLock()
  redis.call('SADD', heldForKeyOf(handler), queue .. '|' .. jobId)
  countPassed(handler, queue, jobId, 'failed')
  if line then stepBack(line, id, handler) end
  noteChange(id, 'attempt', toldHeld)
  return { 'held' }
end
endRuns()
keepLock()
if passes == '1' then countPassed(handler, queue, jobId, kind == 'complete' and 'succeeded' or 'other') end
if kind == 'retry' then
  if line then stepBack(line, id, handler) end
else
  settleDelivery(workKey, id, handler, stateNow(), now, tonumber(retention), event)
  keepLetter()
end
if line and version ~= '' then
  local _, subject = placeIn(line)
  redis.call('SET', newestVersionKeyOf(handler, subject), version, 'PX', REMEMBERED_MS)
end
if told == '' then noteChange(id) else noteChange(id, 'attempt', told) end
return { 'settled' }
