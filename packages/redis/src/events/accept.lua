--- One atomic step: a new event is recorded, indexed and queued; a known one is answered; a known one whose job is not
--- there (removed by hand, or never made) is queued. Only then may anybody say 2xx.
--- `staged`: names the hash in which a large body is already, in so many pieces, or is empty.
--- @include event, remains
--- @keys    event, job
--- @args    id, source, type, receivedAt, queue, staged, pieces
--- @lists   fields
--- @add     job
--- @reply   accepted | duplicate

local status = redis.call('HGET', eventKey, 'status')
if status and status ~= 'received' and (status ~= 'queued' or redis.call('EXISTS', jobKey) == 1) then
  return 'duplicate'
end
local now = millisecondsNow()
if not status then
  -- An id that was forgotten may come back while BullMQ still keeps its old job: that would be taken for this one.
  if redis.call('HEXISTS', jobKey, 'finishedOn') == 1 then removeRemains(queue, id) end
  if staged ~= '' then
    if redis.call('HLEN', stagedKeyOf(staged)) ~= tonumber(pieces) then
      return redis.error_reply('a piece of the body was not kept')
    end
    redis.call('RENAME', stagedKeyOf(staged), eventKey)
    redis.call('PERSIST', eventKey)
  end
  redis.call('HSET', eventKey, 'recordedAt', now, unpack(fields))
  redis.call('ZADD', eventsKeyOf(), receivedAt, id)
  redis.call('ZADD', eventsOfSourceKeyOf(source), receivedAt, id)
  redis.call('ZADD', eventsOfTypeKeyOf(type), receivedAt, id)
end
addJob()
redis.call('HSET', eventKey, 'queuedAt', now)
redis.call('SADD', queuesKeyOf(), queue)
setStatus(eventKey, id, 'queued', now)
return 'accepted'
