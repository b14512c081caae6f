--- Puts jobs that waited for a paused handler where they are taken next, at most so many, and says how many are left. One
--- that nobody finds delayed any more is being looked at, or over.
--- @bullmq  promote
--- @keys    held
--- @args    most
--- @reply   integer

for _, place in ipairs(redis.call('SPOP', heldKey, most)) do
  local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then
    local keys = {}
    for i, name in ipairs({ 'delayed', 'wait', 'paused', 'meta', 'prioritized', 'active', 'pc', 'events', 'marker' }) do
      keys[i] = bullJobKeyOf(queue, name)
    end
    promote(keys, { bullJobKeyOf(queue, ''), jobId })
  end
end
return redis.call('SCARD', heldKey)
