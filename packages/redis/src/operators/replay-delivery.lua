--- Takes a delivery's dead letter away and queues the delivery under a new id, in one step: replaying twice runs it once.
--- @include acts, dead-letter, event, intake
--- @keys    event
--- @args    letter, id, handler, now, queue, queuedId, act
--- @add     run
--- @reply   replayed | gone

local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
noteJobOfDelivery(id, handler, queue, queuedId)
handlersOf(eventKey, id)
redis.call('HSET', eventKey, 'd/' .. handler, 'pending')
enterLineAgain(eventKey, id, handler)
setStatus(eventKey, id, 'dispatched', now)
forgetAfter(id, nil)
noteChange(id)
addRun()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return 'replayed'
