--- What the scripts that touch an event share. Redis runs a script to its end before anything else, so each of them is
--- one step for everybody.
---
--- An event is a hash; what became of it with each handler is a second hash, `handler → status|made|stalled`.
--- `made` and `stalled` are BullMQ's counters of the job that settled it: they tell a job that is run again because its
--- worker died just after settling (`stalled` has grown) from one that an operator retried.
--- @include clock


-- The statuses whose events somebody has to look after.
local IS_LISTED = { received = true, queued = true, dispatched = true, dead = true }

local function setStatus(eventKey, id, status, now)
  local was = redis.call('HMGET', eventKey, 'status', 'receivedAt')
  if was[1] == status then return end
  redis.call('HSET', eventKey, 'status', status, 'statusAt', now)
  if IS_LISTED[was[1]] then redis.call('ZREM', eventsOfStatusKeyOf(was[1]), id) end
  if IS_LISTED[status] then redis.call('ZADD', eventsOfStatusKeyOf(status), was[2], id) end
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

-- The event's status follows from its deliveries: pending ones first, then dead ones.
local function concludeEvent(eventKey, deliveriesKey, id, now, retention)
  local dead = false
  for _, state in ipairs(redis.call('HVALS', deliveriesKey)) do
    if state == 'pending' then return end
    if string.sub(state, 1, 4) == 'dead' then dead = true end
  end
  redis.call('HSET', eventKey, 'settledAt', now)
  if dead then
    setStatus(eventKey, id, 'dead', now)
    forgetAfter(id, nil)
  else
    setStatus(eventKey, id, 'handled', now)
    forgetAfter(id, millisecondsNow() + retention)
  end
end

-- Which BullMQ job is to run a delivery; nothing when nobody has said. An event's own job that runs its one handler
-- in place needs no note: it has the event's id.
local function jobOfDelivery(id, handler)
  local noted, inPlace = unpack(redis.call('HMGET', eventKeyOf(id), 'job/' .. handler, 'inPlace'))
  if noted then return string.match(noted, '^([^|]*)|(.*)$') end
  if inPlace == handler then return 'default', id end
end

local function noteJobOfDelivery(id, handler, queue, jobId)
  redis.call('HSET', eventKeyOf(id), 'job/' .. handler, queue .. '|' .. jobId)
end
