--- Begins one attempt of a delivery: says what is already settled, marks the rest as pending, and returns the event's
--- fields that were asked for, in the order asked. A dead delivery that begins again was retried by an operator, so its
--- dead letter is taken away; unless its worker died between writing the dead letter and ending the job: then it is only
--- to be ended. A settled event that gave up its body has nothing left for a handler.
---
--- It notes which job holds the delivery, so that no second one runs it beside the first, whoever queued that; and that
--- it has begun, which settling takes away: what was begun before and never settled lost its worker.
--- @include dead-letter, event
--- @keys    event, deliveries, lock
--- @args    id, handler, workId, made, stalled, inPlace, now, token, queue, jobId
--- @lists   fields
--- @reply   [open | lost | gone | shed | superseded | succeeded | dead] deaths, event

if redis.call('GET', lockKey) ~= token then return { 'lost' } end
local event = redis.call('HMGET', eventKey, 'status', 'shedAt', unpack(fields))
local status, shedAt = event[1], event[2]
if not status then return { 'gone' } end

local state = redis.call('HGET', deliveriesKey, handler)
local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')
if was == 'succeeded' then return { 'succeeded' } end
if shedAt then return { 'shed' } end
local heldQueue, heldJob = jobOfDelivery(id, handler)
if heldJob and heldJob ~= jobId and redis.call('EXISTS', bullLockKeyOf(heldQueue, heldJob)) == 1 then
  return { 'superseded' }
end
if was == 'dead' then
  if made == madeThen and tonumber(stalled) > tonumber(stalledThen) then return { 'dead' } end
  removeDeadLetter(workId)
end
redis.call('HSET', deliveriesKey, handler, 'pending')
if inPlace == '1' then
  redis.call('HSET', eventKey, 'inPlace', handler)
  redis.call('HDEL', eventKey, 'job/' .. handler)
else
  noteJobOfDelivery(id, handler, queue, jobId)
end
if status == 'dead' or status == 'handled' or status == 'unhandled' then
  setStatus(eventKey, id, 'dispatched', now)
  forgetAfter(id, nil)
end
local deaths = redis.call('HINCRBY', eventKey, 'begun/' .. handler, 1) - 1
return { 'open', deaths, { unpack(event, 3) } }
