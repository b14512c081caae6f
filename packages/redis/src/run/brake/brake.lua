--- What a handler's brake lets through: of each job that may pass and has not ended, `queue|job` and since when.

local function isLetThrough(handler, queue, jobId)
  return redis.call('HEXISTS', brakePassesKeyOf(handler), queue .. '|' .. jobId) == 1
end

-- Says how a run ended that was let through. One whose pass was taken away meanwhile says nothing of the brake any more.
local function countPassed(handler, queue, jobId, outcome)
  if redis.call('HDEL', brakePassesKeyOf(handler), queue .. '|' .. jobId) == 1 then
    redis.call('HINCRBY', brakeKeyOf(handler), outcome, 1)
  end
end
