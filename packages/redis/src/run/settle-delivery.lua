--- Settles an attempt of a delivery, and with the last of them its event. `told`: what there is to say of the attempt for
--- the history, as JSON. BullMQ ends its job then.
--- @include event, settle
--- @args    id, handler, told
--- @reply   [settled | lost | succeeded]

local event = redis.call('HMGET', workKey, 'status', 'shedAt', 'to', 'runs' .. suffix)
if not mayEnd(runsIn(event[4])) then
  local state = redis.call('HGET', workKey, 'd/' .. handler) or ''
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
keepLock()
endRuns()
if kind ~= 'retry' then
  settleDelivery(workKey, id, handler, stateNow(), now, tonumber(retention), event)
  keepLetter()
end
noteChange(id, 'attempt', told)
return { 'settled' }
