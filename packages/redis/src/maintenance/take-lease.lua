--- Takes or keeps the lease of the one process that looks for lost work.
--- @keys  lease
--- @args  owner, duration
--- @reply held | taken

local holder = redis.call('GET', leaseKey)
if holder and holder ~= owner then return 'taken' end
redis.call('SET', leaseKey, owner, 'PX', duration)
return 'held'
