--- Keeps the result of `ctx.once`. The effect was made, and whoever has taken the job over must not make it again if it has
--- not come that far: so the result is kept then, too, though this run is told that it does not count any more. An attempt
--- that is over keeps nothing. What was kept first stays.
--- @include runs
--- @keys    work, lock, effects
--- @args    suffix, run, token, place, result, retention
--- @reply   stored | lost

local nth = placeOfRun(runsOf(workKey, 'runs' .. suffix), run)
if not nth then return 'lost' end
redis.call('HSETNX', effectsKey, place, result)
redis.call('PEXPIRE', effectsKey, retention)
if nth > 1 or isHeldElsewhere(lockKey, token) then return 'lost' end
return 'stored'
