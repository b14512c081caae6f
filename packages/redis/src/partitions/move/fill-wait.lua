--- Puts jobs that were moved here among those that wait, in their order, so many at a time. Says how many.
--- @keys    moved
--- @args    queue, most
--- @reply   integer

local popped, ids = redis.call('ZPOPMIN', movedKey, most), {}
for i = 1, #popped, 2 do ids[#ids + 1] = popped[i] end
if #ids > 0 then redis.call('LPUSH', bullJobKeyOf(queue, 'wait'), unpack(ids)) end
return #ids
