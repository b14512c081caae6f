--- Lets a paused handler go on. What waits for it is let go by let-go.lua.
--- @include acts
--- @keys    paused
--- @args    handler, act
--- @reply   resumed | unknown

if redis.call('HDEL', pausedKey, handler) == 0 then return 'unknown' end
noteAct(act)
return 'resumed'
