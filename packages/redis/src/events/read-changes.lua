--- Reads a block of the stream of changes, and the events that it names as they stand now: one that changed twice is there
--- once, one that was given up is not there. Ends once it has `most` events.
---
--- Answers with the place of the last entry that it read, the newest place of all, the oldest that is not forgotten (or
--- nothing), what was told of attempts, and of each event what snapshot.lua says.
--- @include snapshot
--- @keys    changes
--- @args    after, most, largest
--- @lists   fields
--- @reply   place, newest, oldest, attempts, events

local seen, ids, attempts, place = {}, {}, {}, after

local function note(id)
  if seen[id] then return end
  seen[id] = true
  ids[#ids + 1] = id
end

for _, entry in ipairs(redis.call('XRANGE', changesKey, '(' .. after, '+', 'COUNT', most)) do
  if #ids >= tonumber(most) then break end
  local told = entry[2]
  for i = 1, #told, 2 do
    if told[i] == 'accepted' then
      for id in string.gmatch(told[i + 1], '%S+') do note(id) end
    elseif told[i] == 'changed' then note(told[i + 1])
    else attempts[#attempts + 1] = told[i + 1] end
  end
  place = entry[1]
end

local events = {}
for _, id in ipairs(ids) do events[#events + 1] = snapshotOf(id, fields, tonumber(largest)) end
local oldest = redis.call('XRANGE', changesKey, '-', '+', 'COUNT', 1)[1]
return { place, newestChange(), oldest and oldest[1] or '', attempts, events }
