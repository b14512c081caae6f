--- These events as they stand now; of each it answers with what snapshot.lua says.
--- @include snapshot
--- @args    largest
--- @lists   fields, ids
--- @reply   newest, events

local events = {}
for _, id in ipairs(ids) do events[#events + 1] = snapshotOf(id, fields, tonumber(largest)) end
return { newestChange(), events }
