--- Pauses a handler: its deliveries wait, and no attempt is spent. What runs already runs to its end. One that is paused
--- stays as it was paused first.
--- @include acts, intake
--- @keys    paused
--- @args    handler, pause, act
--- @reply   paused | known

local closed = closedFor()
if closed then return closed end
if redis.call('HSETNX', pausedKey, handler, pause) == 0 then return 'known' end
noteAct(act)
return 'paused'
