--- Queues and tracks a job for `ctx.enqueue`, once for each place in the work that asks for it; only for the run that
--- counts.
--- @include job, runs
--- @keys    work, lock, effects
--- @args    suffix, run, token, place, id, name, queue, now, retention
--- @lists   fields
--- @add     chained
--- @reply   added | known | lost

if not mayAct(workKey, 'runs' .. suffix, run, lockKey, token) then return 'lost' end
if redis.call('HSETNX', effectsKey, place, id) == 0 then return 'known' end
redis.call('PEXPIRE', effectsKey, retention)
if not createJob(id, name, now, fields) then return 'known' end
addChained()
redis.call('SADD', queuesKeyOf(), queue)
return 'added'
