--- Reads a block of the stream of changes, and the events that it names as they stand now: one that changed twice is there
--- once, one that was given up is not there. Ends once it has `most` events.
---
--- Answers with the place of the last entry that it read, the newest place of all, what was told of attempts, and of each
--- event what snapshot.lua says.
--- @include snapshot
--- @keys    changes
--- @args    after, most, largest
--- @lists   fields
--- @reply   place, newest, attempts, events

local seen, ids, attempts, place = {}, {}, {}, after

local function note(id)
  if seen[id] then return end
  seen[id] = true
  ids[#ids + 1] = id
end

for _, entry in ipairs(redis.call('XRANGE', changesKey, '(' .. after, '+', 'COUNT', most)) do
  if #ids >= tonumber(most) then break end
  local kind, named, _, attempt = unpack(entry[2])
  if kind == 'accepted' then
    for id in string.gmatch(named, '%S+') do note(id) end
  else
    note(named)
    attempts[#attempts + 1] = attempt
  end
  place = entry[1]
end

local events = {}
for _, id in ipairs(ids) do events[#events + 1] = snapshotOf(id, fields, tonumber(largest)) end
return { place, newestChange(), attempts, events }
