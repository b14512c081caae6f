--- Settles an attempt of a delivery, and with the last of them its event.
--- @include event, settle
--- @keys    event
--- @args    id
--- @reply   [settled | lost | succeeded]

if not maySettle() then
  local state = redis.call('HGET', stateKey, field) or ''
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
endRuns()
if kind == 'retry' then return { 'settled' } end
keepState()
concludeEvent(eventKey, stateKey, id, tonumber(now), tonumber(retention))
return { 'settled' }
