--- Puts jobs that waited for a paused handler where they are taken next, at most so many, and says how many are left. One
--- that nobody finds delayed any more is being looked at, or over. A handler that was paused again, or whose brake is on,
--- keeps what it holds: what were let go would be held anew, without an end.
--- @include promote-job
--- @keys    held, paused
--- @args    handler, most
--- @reply   integer

local isPaused, isBraked = unpack(redis.call('HMGET', pausedKey, handler, 'brake/' .. handler))
if isPaused or isBraked then return 0 end
for _, place in ipairs(redis.call('SPOP', heldKey, most)) do
  local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then promoteJob(queue, jobId) end
end
return redis.call('SCARD', heldKey)
