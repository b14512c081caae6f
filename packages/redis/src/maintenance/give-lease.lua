--- Gives the lease back, so that another process need not wait for its end.
--- @keys  lease
--- @args  owner
--- @reply integer

if redis.call('GET', leaseKey) == owner then return redis.call('DEL', leaseKey) end
return 0
