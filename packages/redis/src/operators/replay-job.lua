--- The same for a job that belongs to no event: takes its dead letter away and queues it under a new id. A tracked one
--- goes back to its beginning.
--- @include acts, dead-letter, job, intake
--- @keys    job
--- @args    letter, now, queue, queuedId, act
--- @add     run
--- @reply   replayed | gone

local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
if redis.call('HEXISTS', jobKey, 'status') == 1 then
  resetJob(letter, now, queuedId)
  redis.call('HSET', jobKey, 'queue', queue)
end
addRun()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return 'replayed'
