--- Settles an attempt of a delivery, and with the last of them its event.
--- @include event, settle
--- @keys    event
--- @args    id
--- @reply   [settled | lost]

if not isHeld() then return { 'lost' } end
redis.call('HDEL', eventKey, 'begun/' .. field)
keepAttempt()
if kind == 'retry' then return { 'settled' } end
keepState()
concludeEvent(eventKey, stateKey, id, tonumber(now), tonumber(retention))
return { 'settled' }
