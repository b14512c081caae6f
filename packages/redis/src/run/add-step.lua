--- Adds a step to the stream of a tracked job; of others nobody asks. Only for the run that counts.
--- @include job, runs
--- @keys    work, lock, job
--- @args    suffix, run, token, id, now, data
--- @reply   added | untracked | lost | over

if not mayAct(workKey, 'runs' .. suffix, run, lockKey, token) then return 'lost' end
local status, startedAt = unpack(redis.call('HMGET', jobKey, 'status', 'startedAt'))
if not status then return 'untracked' end
if status ~= 'processing' then return 'over' end
local step = redis.call('HINCRBY', jobKey, 'step', 1)
redis.call('HSET', jobKey, 'updated', now)
emitFrame(id, 'type', 'progress', 'step', step, 'timestamp', now,
  'processingTime', tonumber(now) - tonumber(startedAt), 'data', data)
return 'added'
