--- Gives up the bodies and headers of the events that were settled first, and what is known of their attempts. Ids,
--- hashes, times and deliveries stay: duplicates are known for the whole retention time. Whether an event is settled
--- is read here again: an operator may run its job once more, and a job that has not ended may yet find a handler.
---
--- Deletes before it adds: a Redis at its limit refuses a script whose first write is one that takes memory.
--- `skip`: how many to pass over (those that were kept, and so still stand first); `count`: how many at most;
--- `wanted`: how many bytes. Says how many were looked at, how many gave up their bodies, how many were kept.
--- @include event
--- @keys  expiring, shed
--- @args  now, skip, count, wanted
--- @reply integers: looked, evicted, kept

local function isSettled(id, eventKey, deliveries)
  local status = redis.call('HGET', eventKey, 'status')
  if status ~= 'handled' and status ~= 'unhandled' then return false end
  for i = 2, #deliveries, 2 do
    if not isThroughWith(deliveries[i]) then return false end
  end
  local jobKey = bullJobKeyOf('default', id)
  return redis.call('EXISTS', jobKey) == 0 or redis.call('HEXISTS', jobKey, 'finishedOn') == 1
end

local looked, evicted, kept, freed = 0, 0, 0, 0
local page = redis.call('ZRANGE', expiringKey, skip, skip + count - 1, 'WITHSCORES')
for i = 1, #page, 2 do
  if freed >= tonumber(wanted) then break end
  local id, at = page[i], page[i + 1]
  local eventKey = eventKeyOf(id)
  local deliveries = deliveriesOf(id)
  looked = looked + 1
  if isSettled(id, eventKey, deliveries) then
    freed = freed + redis.call('HSTRLEN', eventKey, 'body') + redis.call('HSTRLEN', eventKey, 'record')
    for piece = 1, piecesOf(eventKey) - 1 do
      freed = freed + redis.call('HSTRLEN', eventKey, 'body' .. piece)
      redis.call('HDEL', eventKey, 'body' .. piece)
    end
    redis.call('ZREM', expiringKey, id)
    for j = 1, #deliveries, 2 do
      local workId = id .. '~' .. deliveries[j]
      redis.call('DEL', attemptsKeyOf(workId), effectsKeyOf(workId))
    end
    if redis.call('HDEL', eventKey, 'body', 'headers') > 0 then
      redis.call('HSET', eventKey, 'shedAt', now)
      if redis.call('HEXISTS', eventKey, 'record') == 1 then
        redis.call('HSET', eventKey, 'record', factsLineOf(eventKey))
      end
      evicted = evicted + 1
    end
    redis.call('ZADD', shedKey, at, id)
  else
    kept = kept + 1
  end
end
return { looked, evicted, kept }
