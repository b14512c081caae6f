--- Writes down what a process tells of itself, and what it runs if it is a worker. Redis's clock decides who is old: those
--- of the processes may differ.
--- @include fleet
--- @keys    process
--- @args    id, status, expiry, announcement
--- @reply   ok

local now = millisecondsNow()
redis.call('SET', processKey, status, 'PX', expiry)
redis.call('ZADD', processesKeyOf(), now, id)
pruneFleet(now, expiry)
if announcement ~= '' and redis.call('HEXISTS', announcementsKeyOf(), id) == 0 then joinFleet(id, announcement, now) end
return 'ok'
