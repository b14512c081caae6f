--- Gives events their places among those of their subjects that were accepted before anybody asked for an order.
--- @include event
--- @args    provider
--- @lists   ids
--- @reply   integer

local noted = 0
for _, id in ipairs(ids) do
  local eventKey = eventKeyOf(id)
  local status, to = unpack(redis.call('HMGET', eventKey, 'status', 'to'))
  local subject, itsProvider
  if status == 'queued' and (not to or to == '') then subject, itsProvider = subjectOf(eventKey) end
  if subject and itsProvider == provider then
    noted = noted + redis.call('ZADD', arrivingKeyOf(subject), 'NX', earlyArrivalOf(eventKey), id)
    redis.call('PEXPIRE', arrivingKeyOf(subject), ARRIVING_MS)
  end
end
return noted
