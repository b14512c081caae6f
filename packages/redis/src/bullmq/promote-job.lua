--- Puts a delayed job where it is taken next, by BullMQ's own script. One that is not delayed stays as it is.
--- @bullmq  promote

local function promoteJob(queue, jobId)
  local keys = {}
  for i, name in ipairs({ 'delayed', 'wait', 'paused', 'meta', 'prioritized', 'active', 'pc', 'events', 'marker' }) do
    keys[i] = bullJobKeyOf(queue, name)
  end
  promote(keys, { bullJobKeyOf(queue, ''), jobId })
end
