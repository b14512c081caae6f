--- Begins `ctx.once`: a worker that slept past its lock must not run the effect at all, because whoever took the job over
--- runs it too.
--- @keys  lock, effects
--- @args  token, place
--- @reply [open | lost | known] result

if redis.call('GET', lockKey) ~= token then return { 'lost' } end
local known = redis.call('HGET', effectsKey, place)
if known then return { 'known', known } end
return { 'open' }
