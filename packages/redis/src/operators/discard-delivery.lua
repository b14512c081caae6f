--- Takes a delivery's dead letter away for good. Its event counts as through once nothing else of it waits.
--- @include dead-letter, event
--- @keys    event, deliveries
--- @args    letter, id, handler, now, retention
--- @reply   discarded | gone

if removeDeadLetter(letter) == 0 then return 'gone' end
redis.call('HSET', deliveriesKey, handler, 'discarded')
concludeEvent(eventKey, deliveriesKey, id, tonumber(now), tonumber(retention))
noteChange(id)
return 'discarded'
