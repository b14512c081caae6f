--- Takes or keeps the lease of the one process that looks for lost work, or of the one that records.
---
--- Nobody is given one while the number of partitions is changed: then nothing is looked after but by who moves it.
---
--- Deletes before it sets: a Redis at its limit refuses a script whose first write is one that takes memory, and who
--- records is who makes room there.
--- @keys  lease
--- @args  owner, duration
--- @reply held | taken

if redis.call('GET', partOfKeyOf()) == 'closed' then return 'taken' end
local holder = redis.call('GET', leaseKey)
if holder and holder ~= owner then return 'taken' end
redis.call('DEL', leaseKey)
redis.call('SET', leaseKey, owner, 'PX', duration)
return 'held'
