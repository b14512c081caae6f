--- Settles an attempt of a delivery, and with the last of them its event. `told`: what there is to say of the attempt for
--- the history, as JSON; nothing where the handler was not run. `version`: of its subject, as JSON, where the handler asks
--- for the newest. BullMQ ends its job then.
--- @include event, settle
--- @args    id, handler, told, version
--- @reply   [settled | lost | succeeded]

-- An older version than one that was handled comes within this time: no provider tries for longer.
local REMEMBERED_MS = 7 * 86400000

local event = redis.call('HMGET', workKey, 'status', 'shedAt', 'to', 'line' .. suffix, 'runs' .. suffix)
if not mayEnd(runsIn(event[5])) then
  local state = redis.call('HGET', workKey, 'd/' .. handler) or ''
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
keepLock()
endRuns()
local line = event[4]
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
