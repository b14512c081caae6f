--- Adds a step of a running job, unless this worker's lock is gone.
--- @include job
--- @keys    lock, job
--- @args    id, token, now, data
--- @reply   added | lost | over

if redis.call('GET', lockKey) ~= token then return 'lost' end
local status, startedAt = unpack(redis.call('HMGET', jobKey, 'status', 'startedAt'))
if status ~= 'processing' then return 'over' end
local step = redis.call('HINCRBY', jobKey, 'step', 1)
redis.call('HSET', jobKey, 'updated', now)
emitFrame(id, 'type', 'progress', 'step', step, 'timestamp', now,
  'processingTime', tonumber(now) - tonumber(startedAt), 'data', data)
return 'added'
