--- One page of a list of events, as they stand now; of each it answers with what snapshot.lua says.
--- @include snapshot
--- @keys    list
--- @args    start, count, largest
--- @lists   fields
--- @reply   newest, looked, events

local events, ids = {}, redis.call('ZRANGE', listKey, start, start + count - 1)
for _, id in ipairs(ids) do events[#events + 1] = snapshotOf(id, fields, tonumber(largest)) end
return { newestChange(), #ids, events }
