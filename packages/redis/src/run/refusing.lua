--- What dispatching an event does with the handlers whose filters refuse it: each is a delivery that is settled as it is made.
--- @include event

-- Writes down who refuses; one that was given the event before stays what it is. Returns `to` with them.
local function noteRefused(eventKey, to, refused)
  if #refused == 0 then return to end
  local fields, written = {}, {}
  for i, one in ipairs(refused) do fields[i] = 'd/' .. one.handler end
  local states = redis.call('HMGET', eventKey, unpack(fields))
  for i, one in ipairs(refused) do
    if not states[i] then to = withHandler(to, one.handler) end
    if not states[i] or isFiltered(states[i]) then
      written[#written + 1], written[#written + 2] = fields[i], filteredState(one.reason)
    end
  end
  if #written > 0 then redis.call('HSET', eventKey, 'to', to, unpack(written)) end
  return to
end

-- The handlers that have an event and have not refused it.
local function givenIn(eventKey, to)
  local names, fields, given = namesIn(to), {}, {}
  if #names == 0 then return given end
  for i, name in ipairs(names) do fields[i] = 'd/' .. name end
  for i, state in ipairs(redis.call('HMGET', eventKey, unpack(fields))) do
    if not isFiltered(state) then given[#given + 1] = names[i] end
  end
  return given
end
