--- One step through all keys of BullMQ's jobs; a script, because in a cluster a bare SCAN would ask any node. Answers
--- with the next cursor and with queue and job id of each job that may be in no list.
--- @include whereabouts
--- @keys    queues
--- @args    cursor, pattern, age
--- @reply   cursor, found

local before, found = millisecondsNow() - tonumber(age), {}
local reply = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 500, 'TYPE', 'hash')
for _, key in ipairs(reply[2]) do
  local queue, jobId = string.match(string.sub(key, #prefix + 2), '^([^:]+):(.+)$')
  -- A job has both of these; a queue's settings and its schedulers do not.
  local made, options = unpack(redis.call('HMGET', key, 'timestamp', 'opts'))
  if jobId and made and options and tonumber(made) <= before and whereIs(queue, jobId) == 'unlisted' then
    found[#found + 1] = { queue, jobId }
  end
end
return { reply[1], found }
