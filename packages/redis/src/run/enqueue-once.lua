--- Queues and tracks a job for `ctx.enqueue`, once for each place in the work that asks for it; only for the lock's
--- holder.
--- @include job
--- @keys    lock, effects
--- @args    token, place, id, name, queue, now, retention
--- @lists   fields
--- @add     run
--- @reply   added | known | lost

if redis.call('GET', lockKey) ~= token then return 'lost' end
if redis.call('HSETNX', effectsKey, place, id) == 0 then return 'known' end
redis.call('PEXPIRE', effectsKey, retention)
if not createJob(id, name, now, fields) then return 'known' end
addRun()
redis.call('SADD', queuesKeyOf(), queue)
return 'added'
