--- Gives a replay another state, if it stands in one of those that it may come from.
--- @include acts, intake
--- @keys    replay
--- @args    to, why, turnedAt, act
--- @lists   from
--- @reply   turned | not

local closed = closedFor()
if closed then return closed end
local state = redis.call('HGET', replayKey, 'state')
for _, each in ipairs(from) do
  if state == each then
    redis.call('HSET', replayKey, 'state', to, 'why', why, 'turnedAt', turnedAt)
    noteAct(act)
    return 'turned'
  end
end
return 'not'
