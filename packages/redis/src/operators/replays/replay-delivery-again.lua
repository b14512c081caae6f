--- Queues a delivery once more for a replay, whatever became of it, in one step with the replay's own note of it: whatever
--- dies, and however often it is asked for, it is queued once.
---
--- `runs` keeps `jobId|failed attempts before it` of each. `open`: it waits or runs already, and is left alone.
--- @include acts, dead-letter, event, intake
--- @keys    event, runs, open, attempts
--- @args    letter, id, handler, now, queue, queuedId
--- @add     run
--- @reply   queued | before | open | gone | shed

local closed = closedFor()
if closed then return closed end
if redis.call('HEXISTS', runsKey, letter) == 1 then return 'before' end
local status, shedAt = unpack(redis.call('HMGET', eventKey, 'status', 'shedAt'))
if not status then return 'gone' end
if shedAt then return 'shed' end
local to = handlersOf(eventKey, id)
local state = redis.call('HGET', eventKey, 'd/' .. handler)
if state == 'pending' then return 'open' end
redis.call('HSET', runsKey, letter, queuedId .. '|' .. redis.call('LLEN', attemptsKey))
redis.call('SADD', openKey, letter)
removeDeadLetter(letter)
noteJobOfDelivery(id, handler, queue, queuedId)
redis.call('HSET', eventKey, 'd/' .. handler, 'pending')
if not state then redis.call('HSET', eventKey, 'to', withHandler(to, handler)) end
enterLineAgain(eventKey, id, handler)
setStatus(eventKey, id, 'dispatched', now)
forgetAfter(id, nil)
noteChange(id)
addRun()
redis.call('SADD', queuesKeyOf(), queue)
return 'queued'
