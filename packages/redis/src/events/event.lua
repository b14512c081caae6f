--- What the scripts that touch an event share. Redis runs a script to its end before anything else, so each of them is
--- one step for everybody.
---
--- An event is a hash. Its field `to` names the handlers that have it, and `d/<handler>` says what became of it with each:
--- `status|made|stalled`. `made` and `stalled` are BullMQ's counters of the job that settled it: they tell a job that is
--- run again because its worker died just after settling (`stalled` has grown) from one that an operator retried. One
--- whose handler's filter refused the event is `filtered|reason`.
--- @include clock, lines, record

-- The statuses whose events somebody has to look after.
local IS_LISTED = { received = true, queued = true, dispatched = true, dead = true }

-- What a script that settles many writes once for all of them: ids that leave the list of a status, and when which are
-- forgotten.
local leaving, forgottenAt = {}, {}

local function writeSettled()
  for status, ids in pairs(leaving) do redis.call('ZREM', eventsOfStatusKeyOf(status), unpack(ids)) end
  if #forgottenAt > 0 then redis.call('ZADD', expiringKeyOf(), unpack(forgottenAt)) end
  leaving, forgottenAt = {}, {}
end

local function leaveList(status, id, isOneOfMany)
  if not IS_LISTED[status] then return end
  if not isOneOfMany then return redis.call('ZREM', eventsOfStatusKeyOf(status), id) end
  leaving[status] = leaving[status] or {}
  table.insert(leaving[status], id)
end

local function moveListed(eventKey, id, was, status, isOneOfMany)
  leaveList(was, id, isOneOfMany)
  if IS_LISTED[status] then redis.call('ZADD', eventsOfStatusKeyOf(status), receivedAtOf(eventKey), id) end
end

local function setStatus(eventKey, id, status, now)
  -- What was settled before it must not be written over what comes after it.
  writeSettled()
  local was = redis.call('HGET', eventKey, 'status')
  if was == status then return end
  redis.call('HSET', eventKey, 'status', status, 'statusAt', now)
  moveListed(eventKey, id, was, status)
end

-- When its status was set last: as it was recorded, unless it says another time.
local function statusAtOf(eventKey)
  local at, recordedAt = unpack(redis.call('HMGET', eventKey, 'statusAt', 'recordedAt'))
  return at or recordedAt
end

-- Tells whoever records what happened that there is something new of this event.
local function noteChange(id, ...) redis.call('XADD', changesKeyOf(), '*', 'changed', id, ...) end

-- An event that is through may be forgotten after the retention time; one that is not, never. Redis's clock decides, and
-- none of the workers': one that ran ahead would forget every id.
local function forgetAfter(id, at)
  if at then redis.call('ZADD', expiringKeyOf(), at, id)
  else redis.call('ZREM', expiringKeyOf(), id) end
  redis.call('ZREM', shedKeyOf(), id)
end

local function namesIn(to)
  local names = {}
  for name in string.gmatch(to, '%S+') do names[#names + 1] = name end
  return names
end

-- Earlier versions kept the deliveries in a hash of their own: those of an event that is there become its fields.
local function adoptDeliveries(eventKey, id)
  local earlier, names, fields = redis.call('HGETALL', deliveriesKeyOf(id)), {}, {}
  for i = 1, #earlier, 2 do
    names[#names + 1] = earlier[i]
    fields[i], fields[i + 1] = 'd/' .. earlier[i], earlier[i + 1]
  end
  local to = table.concat(names, ' ')
  if redis.call('EXISTS', eventKey) == 1 then
    redis.call('HSET', eventKey, 'to', to, unpack(fields))
    redis.call('DEL', deliveriesKeyOf(id))
  end
  return to
end

-- The names of an event's handlers, as `to` has them. One that was written as a record has no other place for them.
local function handlersOf(eventKey, id)
  local to = redis.call('HGET', eventKey, 'to')
  if to then return to end
  return redis.call('HEXISTS', eventKey, 'record') == 1 and '' or adoptDeliveries(eventKey, id)
end

local function withHandler(to, handler) return to == '' and handler or to .. ' ' .. handler end

-- What became of an event: `handler, state, …`.
local function deliveriesOf(id)
  local eventKey, fields, pairs = eventKeyOf(id), {}, {}
  local names = namesIn(handlersOf(eventKey, id))
  if #names == 0 then return {} end
  for i, name in ipairs(names) do fields[i] = 'd/' .. name end
  local states = redis.call('HMGET', eventKey, unpack(fields))
  for i, name in ipairs(names) do
    if states[i] then
      pairs[#pairs + 1] = name
      pairs[#pairs + 1] = states[i]
    end
  end
  return pairs
end

local function filteredState(reason) return 'filtered|' .. reason end

local function isFiltered(state) return state and string.sub(state, 1, 9) == 'filtered|' end

-- Whether nothing more comes of a delivery by itself, and nobody has to look after it.
local function isThroughWith(state)
  return string.match(state, '^succeeded') or string.match(state, '^superseded') or state == 'discarded' or isFiltered(state)
end

-- What an event comes to whose handler stands so: `pending` ones count first, then dead ones; filtered ones are none.
local function outcomeOf(eventKey, to, handler, state)
  local states, fields = { state }, {}
  for _, name in ipairs(namesIn(to)) do
    if name ~= handler then fields[#fields + 1] = 'd/' .. name end
  end
  if #fields > 0 then
    for _, each in ipairs(redis.call('HMGET', eventKey, unpack(fields))) do states[#states + 1] = each end
  end
  local outcome = 'unhandled'
  for _, each in ipairs(states) do
    if each == 'pending' then return 'pending' end
    if each and string.sub(each, 1, 4) == 'dead' then outcome = 'dead'
    elseif outcome == 'unhandled' and each and not isFiltered(each) then outcome = 'handled' end
  end
  return outcome
end

-- Writes what became of one delivery, and the event's status with the last of them.
-- `event`: its status, shedAt, to and line, where they are known. `isOneOfMany`: the script calls `writeSettled` at its end, and
-- the delivery's runs are over with this; they are emptied, because a field that is taken away is one command more.
local function settleDelivery(eventKey, id, handler, state, now, retention, event, isOneOfMany)
  local was, shedAt, to, line =
    unpack(event or redis.call('HMGET', eventKey, 'status', 'shedAt', 'to', 'line/' .. handler), 1, 4)
  local outcome = outcomeOf(eventKey, to or handlersOf(eventKey, id), handler, state)
  local written = { 'd/' .. handler, state }
  if isOneOfMany then written[3], written[4] = 'runs/' .. handler, '' end
  if line then leaveLine(line, id, handler, state) end
  if outcome == 'pending' then return redis.call('HSET', eventKey, unpack(written)) end
  if outcome == was then redis.call('HSET', eventKey, 'settledAt', now, unpack(written))
  else
    redis.call('HSET', eventKey, 'settledAt', now, 'status', outcome, 'statusAt', now, unpack(written))
    moveListed(eventKey, id, was, outcome, isOneOfMany)
  end
  if outcome == 'dead' then forgetAfter(id, nil)
  else
    if isOneOfMany then
      forgottenAt[#forgottenAt + 1] = millisecondsNow() + retention
      forgottenAt[#forgottenAt + 1] = id
    else redis.call('ZADD', expiringKeyOf(), millisecondsNow() + retention, id) end
    if shedAt then redis.call('ZREM', shedKeyOf(), id) end
  end
end

-- Which BullMQ job is to run a delivery; nothing when nobody has said. An event's own job that runs its one handler
-- in place needs no note: it has the event's id.
local function jobNoted(id, handler, noted, inPlace)
  if noted then return string.match(noted, '^([^|]*)|(.*)$') end
  if inPlace == handler then return 'default', id end
end

local function jobOfDelivery(id, handler)
  return jobNoted(id, handler, unpack(redis.call('HMGET', eventKeyOf(id), 'job/' .. handler, 'inPlace')))
end

local function noteJobOfDelivery(id, handler, queue, jobId)
  redis.call('HSET', eventKeyOf(id), 'job/' .. handler, queue .. '|' .. jobId)
end
