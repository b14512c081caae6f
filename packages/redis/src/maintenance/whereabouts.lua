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

-- How often BullMQ has given a job to a worker, and taken it back from a dead one: the same number twice says that it has
-- not gone from list to list in between.
local function motionOf(queue, jobId)
  local taken, stalled = unpack(redis.call('HMGET', bullJobKeyOf(queue, jobId), 'ats', 'stc'))
  return (taken or '') .. ':' .. (stalled or '')
end

-- Says no more than the ends of a long list do: what stands in its middle is known from reading it in pieces.
local NEAR_AN_END = 10000
local function isNearAnEnd(queue, jobId)
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    for _, rank in ipairs({ -1, 1 }) do
      if redis.call('LPOS', bullJobKeyOf(queue, list), jobId, 'RANK', rank, 'MAXLEN', NEAR_AN_END) then return true end
    end
  end
  return false
end
