--- Keeps the result of `ctx.once`, unless another worker holds the lock. A lock that merely ran out (Redis was away for
--- longer than it lasts) refuses nothing here: the effect was made, and whoever takes the job next must not make it
--- again. What was kept first stays.
--- @keys  lock, effects
--- @args  token, place, result, retention
--- @reply stored | lost

local holder = redis.call('GET', lockKey)
if holder and holder ~= token then return 'lost' end
redis.call('HSETNX', effectsKey, place, result)
redis.call('PEXPIRE', effectsKey, retention)
return 'stored'
