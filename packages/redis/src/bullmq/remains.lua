--- Takes away all that BullMQ holds of a job, wherever it is listed.

local function removeRemains(queue, jobId)
  for _, part in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
    redis.call('DEL', bullJobKeyOf(queue, jobId .. part))
  end
  for _, set in ipairs({ 'delayed', 'prioritized', 'waiting-children', 'completed', 'failed' }) do
    redis.call('ZREM', bullJobKeyOf(queue, set), jobId)
  end
  for _, list in ipairs({ 'wait', 'active', 'paused' }) do
    redis.call('LREM', bullJobKeyOf(queue, list), -1, jobId)
  end
  redis.call('SREM', bullJobKeyOf(queue, 'stalled'), jobId)
end
