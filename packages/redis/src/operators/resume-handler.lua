--- Lets a handler go on that an operator paused, or whose brake is on. What waits for it is let go by let-go.lua; what a
--- brake holds, by its next steps: `state` says how it begins to let go.
--- @include acts, intake
--- @keys    paused, brake
--- @args    handler, act, state
--- @reply   resumed | unknown

local closed = closedFor()
if closed then return closed end
local wasPaused = redis.call('HDEL', pausedKey, handler) == 1
local isBraked = redis.call('HGET', brakeKey, 'phase') == 'probing'
if not wasPaused and not isBraked then return 'unknown' end
if isBraked then redis.call('HSET', brakeKey, 'phase', 'releasing', 'state', state) end
noteAct(act)
return 'resumed'
