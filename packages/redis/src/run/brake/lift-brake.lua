--- Takes a handler's brake off, unless another step was taken meanwhile, and puts what waited for it where it is taken next.
--- @include promote-job
--- @keys    paused, brake, passes, held
--- @args    handler, was
--- @reply   lifted | stale

if (redis.call('HGET', brakeKey, 'state') or '') ~= was then return 'stale' end
redis.call('HDEL', pausedKey, 'brake/' .. handler)
redis.call('DEL', brakeKey, passesKey)
for _, place in ipairs(redis.call('SMEMBERS', heldKey)) do
  local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then promoteJob(queue, jobId) end
end
redis.call('DEL', heldKey)
return 'lifted'
