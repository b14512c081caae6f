--- Takes a delivery's dead letter away for good. Its event counts as through once nothing else of it waits.
--- @include acts, dead-letter, event, intake
--- @keys    event
--- @args    letter, id, handler, now, retention, act
--- @reply   discarded | gone

local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
settleDelivery(eventKey, id, handler, 'discarded', tonumber(now), tonumber(retention))
noteChange(id)
noteAct(act)
return 'discarded'
