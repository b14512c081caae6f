--- Renews the locks of jobs that a process holds. Answers with the places of those that are not its own any more.
--- @args    lockMs
--- @each    held: queue, jobId, token
--- @reply   places

local lost = {}
for i, it in ipairs(held) do
  local lockKey = bullLockKeyOf(it.queue, it.jobId)
  if redis.call('GET', lockKey) == it.token then redis.call('PEXPIRE', lockKey, lockMs)
  else lost[#lost + 1] = i end
end
return lost
