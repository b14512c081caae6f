--- Where a job's stream begins, and how many steps of the run were before it: the number of its first step tells, and
--- where none is left, how many there were. Answers with nothing where there are no frames.
--- @include frames
--- @keys    job, stream
--- @reply   place, dropped

local place, from = nil, '-'
while true do
  local found = redis.call('XRANGE', streamKey, from, '+', 'COUNT', 2)
  for _, frame in ipairs(found) do
    place = place or frame[1]
    local step = stepOf(frame[2])
    if step then return { place, step - 1 } end
    from = '(' .. frame[1]
  end
  if #found < 2 then break end
end
if not place then return {} end
return { place, tonumber(redis.call('HGET', jobKey, 'step') or 0) }
