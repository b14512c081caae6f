--- Redis's own clock, for what processes with clocks of their own must agree on.

local function millisecondsNow()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
