--- Where a BullMQ job is, as far as that is cheap to say. An `unlisted` one is in a list or nowhere: only reading the
--- lists tells. One whose lock is held is being run, whatever else is missing of it.
--- @include clock

local function whereIs(queue, jobId)
  if redis.call('EXISTS', bullLockKeyOf(queue, jobId)) == 1 then return 'held' end
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 0 then return 'missing' end
  for _, set in ipairs({ 'delayed', 'prioritized', 'waiting-children' }) do
    if redis.call('ZSCORE', bullJobKeyOf(queue, set), jobId) then return 'listed' end
  end
  for _, set in ipairs({ 'completed', 'failed' }) do
    if redis.call('ZSCORE', bullJobKeyOf(queue, set), jobId) then return 'ended' end
  end
  return 'unlisted'
end

local function isWaitingOrActive(queue, jobId)
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    if redis.call('LPOS', bullJobKeyOf(queue, list), jobId) then return true end
  end
  return false
end
