--- An event's record, and the fields of its hash that are asked for; no record when Redis does not hold it.
--- @include record
--- @args    id
--- @lists   fields
--- @reply   record, values

local eventKey = eventKeyOf(id)
return { recordOf(eventKey) or false, redis.call('HMGET', eventKey, unpack(fields)) }
