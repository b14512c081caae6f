--- Takes away all that BullMQ holds of a job, wherever it is listed. A list is searched from both its ends and not through
--- and through: an id that stays in the middle of a very long one is met by a worker that finds the work settled, while a
--- search of a million entries holds Redis for 10 ms, once for each job.

local LOOKED_THROUGH = 10000

local function removeFromList(listKey, jobId)
  for _, rank in ipairs({ -1, 1 }) do
    if redis.call('LPOS', listKey, jobId, 'RANK', rank, 'MAXLEN', LOOKED_THROUGH) then
      -- As far as the place that was found, and no further.
      redis.call('LREM', listKey, rank, jobId)
      return
    end
  end
end

local function removeRemains(queue, jobId)
  for _, part in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
    redis.call('DEL', bullJobKeyOf(queue, jobId .. part))
  end
  for _, set in ipairs({ 'delayed', 'prioritized', 'waiting-children', 'completed', 'failed' }) do
    redis.call('ZREM', bullJobKeyOf(queue, set), jobId)
  end
  for _, list in ipairs({ 'wait', 'active', 'paused' }) do
    removeFromList(bullJobKeyOf(queue, list), jobId)
  end
  redis.call('SREM', bullJobKeyOf(queue, 'stalled'), jobId)
end
