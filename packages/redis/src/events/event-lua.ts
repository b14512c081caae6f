/**
 * The event store's own Lua, shared by the scripts that touch an event. Redis runs a script to its end before
 * anything else, so each of these is one step for everybody.
 *
 * An event is a hash; what became of it with each handler is a second hash, `handler → status|made|stalled`.
 * `made` and `stalled` are BullMQ's counters of the job that settled it: they tell a job that is run again
 * because its worker died just after settling (`stalled` has grown) from one that an operator retried.
 */
export const EVENT_LUA = `
local function setStatus(prefix, eventKey, id, status, now)
  local was = redis.call('HMGET', eventKey, 'status', 'receivedAt', 'source', 'type')
  if was[1] == status then return end
  redis.call('HSET', eventKey, 'status', status, 'statusAt', now)
  if was[1] then redis.call('ZREM', prefix .. '/events/status/' .. was[1], id) end
  redis.call('ZADD', prefix .. '/events/status/' .. status, was[2], id)
end

-- An event that is through may be forgotten after the retention time; one that is not, never.
local function forgetAfter(prefix, id, at)
  if at then redis.call('ZADD', prefix .. '/events/expiring', at, id)
  else redis.call('ZREM', prefix .. '/events/expiring', id) end
  redis.call('ZREM', prefix .. '/events/shed', id)
end

local function removeDeadLetter(prefix, deadId)
  local queue = prefix .. ':dead-letter:'
  local removed = redis.call('DEL', queue .. deadId)
  if removed == 1 then
    redis.call('LREM', queue .. 'wait', 0, deadId)
    redis.call('XADD', queue .. 'events', 'MAXLEN', '~', 10000, '*', 'event', 'removed', 'jobId', deadId, 'prev', 'waiting')
  end
  return removed
end

-- The event's status follows from its deliveries: pending ones first, then dead ones.
local function concludeEvent(prefix, eventKey, deliveriesKey, id, now, retention)
  local dead = false
  for _, state in ipairs(redis.call('HVALS', deliveriesKey)) do
    if state == 'pending' then return end
    if string.sub(state, 1, 4) == 'dead' then dead = true end
  end
  redis.call('HSET', eventKey, 'settledAt', now)
  if dead then
    setStatus(prefix, eventKey, id, 'dead', now)
    forgetAfter(prefix, id, nil)
  else
    setStatus(prefix, eventKey, id, 'handled', now)
    forgetAfter(prefix, id, now + retention)
  end
end

-- Which BullMQ job is to run a delivery; nothing when nobody has said. An event's own job that runs its one handler
-- in place needs no note: it has the event's id.
local function jobOfDelivery(prefix, id, handler)
  local noted, inPlace = unpack(redis.call('HMGET', prefix .. '/event/' .. id, 'job/' .. handler, 'inPlace'))
  if noted then return string.match(noted, '^([^|]*)|(.*)$') end
  if inPlace == handler then return 'default', id end
end

local function noteJobOfDelivery(prefix, id, handler, queue, jobId)
  redis.call('HSET', prefix .. '/event/' .. id, 'job/' .. handler, queue .. '|' .. jobId)
end

local function sliceOf(list, from, count)
  local part = {}
  for i = 0, count - 1 do part[i + 1] = list[from + i] end
  return part
end
`;
