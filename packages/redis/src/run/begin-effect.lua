--- Begins `ctx.once`: a worker that slept past its lock must not run the effect at all, because whoever took the job over
--- runs it too; nor may an attempt that is over.
--- @include runs
--- @keys    work, lock, effects
--- @args    suffix, run, token, place
--- @reply   [open | lost | known] result

if not mayAct(workKey, 'runs' .. suffix, run, lockKey, token) then return { 'lost' } end
local known = redis.call('HGET', effectsKey, place)
if known then return { 'known', known } end
return { 'open' }
