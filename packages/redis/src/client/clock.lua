--- Redis's own clock, for what processes with clocks of their own must agree on.

local startedAt

-- The same for as long as a script runs.
local function millisecondsNow()
  if not startedAt then
    local time = redis.call('TIME')
    startedAt = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return startedAt
end
