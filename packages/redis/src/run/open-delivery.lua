--- Begins one run of a delivery: says what is already settled, marks the rest as pending, and returns the event's fields
--- that were asked for, in the order asked. A dead delivery that begins again was retried by an operator, so its dead
--- letter is taken away; unless its worker died between writing the dead letter and ending the job: then it is only to be
--- ended. A settled event that gave up its body has nothing left for a handler.
---
--- It notes which job holds the delivery, so that no second one runs it beside the first, whoever queued that.
--- `inPlace` is `first` for an event's own job that would run its only handler without dispatching it: right only when
--- nothing was dispatched yet (`spread`) and the handlers are still those that the plan was made over (`stale`).
--- @include dead-letter, event, runs
--- @keys    event, deliveries, lock, revision
--- @args    id, handler, workId, made, stalled, inPlace, planned, now, token, queue, jobId, run, process, here
--- @lists   fields
--- @reply   [open | resumed | held | stale | spread | lost | gone | shed | superseded | succeeded | dead] deaths, tries, event

if isHeldElsewhere(lockKey, token) then return { 'lost' } end
local event = redis.call('HMGET', eventKey, 'status', 'shedAt', 'inPlace', unpack(fields))
local status, shedAt = event[1], event[2]
if not status then return { 'gone' } end
if inPlace == 'first' then
  if (redis.call('GET', revisionKey) or '0') ~= planned then return { 'stale' } end
  if event[3] ~= handler and redis.call('HLEN', deliveriesKey) > 0 then return { 'spread' } end
end

local state = redis.call('HGET', deliveriesKey, handler)
local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')
if was == 'succeeded' then return { 'succeeded' } end
if shedAt then return { 'shed' } end
local heldQueue, heldJob = jobOfDelivery(id, handler)
if heldJob and heldJob ~= jobId and redis.call('EXISTS', bullLockKeyOf(heldQueue, heldJob)) == 1 then
  return { 'superseded' }
end
if was == 'dead' and made == madeThen and tonumber(stalled) > tonumber(stalledThen) then return { 'dead' } end

local kind, deaths = beginRun(eventKey, 'runs/' .. handler, run, process, here)
if kind ~= 'held' then
  if inPlace == 'no' or jobId ~= id then noteJobOfDelivery(id, handler, queue, jobId)
  else redis.call('HDEL', eventKey, 'job/' .. handler) end
end
if kind ~= 'open' then return { kind } end
if was == 'dead' then removeDeadLetter(workId) end
redis.call('HSET', deliveriesKey, handler, 'pending')
if inPlace ~= 'no' then redis.call('HSET', eventKey, 'inPlace', handler) end
if status == 'dead' or status == 'handled' or status == 'unhandled' then
  setStatus(eventKey, id, 'dispatched', now)
  forgetAfter(id, nil)
  noteChange(id)
end
return { 'open', deaths, redis.call('HGET', eventKey, 'tries/' .. handler) or '0', { unpack(event, 4) } }
