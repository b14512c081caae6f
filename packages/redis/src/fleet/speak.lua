--- Says that a process lives. One that has withdrawn stays away.
--- @include clock
--- @args    id
--- @reply   ok

redis.call('ZADD', processesKeyOf(), 'XX', millisecondsNow(), id)
return 'ok'
