--- Writes down what a process tells of itself. Redis's clock decides who is old: those of the processes may differ.
--- @include clock
--- @keys    processes, process
--- @args    id, status, expiry
--- @reply   ok

local now = millisecondsNow()
redis.call('SET', processKey, status, 'PX', expiry)
redis.call('ZADD', processesKey, now, id)
redis.call('ZREMRANGEBYSCORE', processesKey, '-inf', now - expiry)
redis.call('PEXPIRE', processesKey, expiry)
return 'ok'
