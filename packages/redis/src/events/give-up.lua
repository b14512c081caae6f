--- Gives settled events up that are in the history: what stays of each is that its id is known, for as long as it would have
--- been kept. One that has gone on since it was read, whose job has not ended or that may yet find a handler stays. Answers
--- with how many were given up, and which may be soon.
---
--- `statusAt`: of the event as it was recorded.
--- @include event
--- @keys    expiring, shed, unclaimed
--- @each    events: id, statusAt
--- @reply   given, later

local now = millisecondsNow()

local function isThrough(id, deliveries)
  for i = 2, #deliveries, 2 do
    if not isThroughWith(deliveries[i]) then return false end
  end
  local jobKey = bullJobKeyOf('default', id)
  return redis.call('EXISTS', jobKey) == 0 or redis.call('HEXISTS', jobKey, 'finishedOn') == 1
end

local function giveUp(event)
  local id, eventKey = event.id, eventKeyOf(event.id)
  local status, heldUntil, copies = unpack(redis.call('HMGET', eventKey, 'status', 'heldUntil', 'copies'))
  if statusAtOf(eventKey) ~= event.statusAt or (status ~= 'handled' and status ~= 'unhandled') then return 'changed' end
  if heldUntil and tonumber(heldUntil) > now then return 'later' end
  if redis.call('ZSCORE', unclaimedKey, id) then return 'later' end
  local deliveries = deliveriesOf(id)
  local forgetAt = redis.call('ZSCORE', expiringKey, id) or redis.call('ZSCORE', shedKey, id)
  if not forgetAt or not isThrough(id, deliveries) then return 'later' end
  for i = 1, #deliveries, 2 do
    local workId = id .. '~' .. deliveries[i]
    redis.call('DEL', attemptsKeyOf(workId), effectsKeyOf(workId))
  end
  redis.call('DEL', eventKey, deliveriesKeyOf(id))
  redis.call('ZREM', expiringKey, id)
  redis.call('ZREM', shedKey, id)
  if tonumber(forgetAt) > now then redis.call('SET', knownKeyOf(id), copies or 1, 'PXAT', forgetAt) end
  return 'given'
end

local given, later = 0, {}
for _, event in ipairs(events) do
  local answer = giveUp(event)
  if answer == 'given' then given = given + 1 end
  if answer == 'later' then later[#later + 1] = event.id end
end
return { given, later }
