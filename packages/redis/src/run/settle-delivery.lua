--- Settles an attempt of a delivery, and with the last of them its event. `told`: what there is to say of the attempt for
--- the history, as JSON.
--- @include event, settle
--- @keys    event
--- @args    id, told
--- @reply   [settled | lost | succeeded]

if not maySettle() then
  local state = redis.call('HGET', stateKey, field) or ''
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
endRuns()
if kind ~= 'retry' then
  keepState()
  concludeEvent(eventKey, stateKey, id, tonumber(now), tonumber(retention))
end
noteChange(id, 'attempt', told)
return { 'settled' }
