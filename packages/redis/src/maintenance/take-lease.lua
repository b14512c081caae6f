--- Takes or keeps the lease of the one process that looks for lost work, or of the one that records.
---
--- Deletes before it sets: a Redis at its limit refuses a script whose first write is one that takes memory, and who
--- records is who makes room there.
--- @keys  lease
--- @args  owner, duration
--- @reply held | taken

local holder = redis.call('GET', leaseKey)
if holder and holder ~= owner then return 'taken' end
redis.call('DEL', leaseKey)
redis.call('SET', leaseKey, owner, 'PX', duration)
return 'held'
