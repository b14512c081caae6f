--- Gives an event's handlers a job each. A handler that has one already gets no second, however often this runs, even
--- when the first is long done. With no handlers the event is kept and marked `unhandled`. An event that gave up its
--- body gets no new handlers. `in-place` names the handler that an earlier attempt began in place and that has not
--- succeeded. `stale` says that the handlers which live workers announce have changed since the plan was made.
---
--- `unclaimed`: somebody who is away, or nobody yet, may want this event: it is looked at again when a handler appears.
--- @include event
--- @keys    event, deliveries, revision
--- @args    id, now, retention, revisionThen, unclaimed
--- @each    planned: handler, queue, jobId
--- @add     planned.delivery
--- @reply   [dispatched | in-place | unhandled | stale | gone | shed] handler

if (redis.call('GET', revisionKey) or '0') ~= revisionThen then return { 'stale' } end
if redis.call('EXISTS', eventKey) == 0 then return { 'gone' } end
if redis.call('HEXISTS', eventKey, 'shedAt') == 1 then
  for _, one in ipairs(planned) do
    if redis.call('HEXISTS', deliveriesKey, one.handler) == 0 then return { 'shed' } end
  end
end
if unclaimed == '1' then redis.call('ZADD', eventsUnclaimedKeyOf(), millisecondsNow(), id) end

local added = false
for _, one in ipairs(planned) do
  if redis.call('HSETNX', deliveriesKey, one.handler, 'pending') == 1 then
    one.addDelivery()
    redis.call('SADD', queuesKeyOf(), one.queue)
    noteJobOfDelivery(id, one.handler, one.queue, one.jobId)
    added = true
  end
end

if redis.call('HLEN', deliveriesKey) == 0 then
  setStatus(eventKey, id, 'unhandled', now)
  redis.call('HSET', eventKey, 'settledAt', now)
  forgetAfter(id, millisecondsNow() + retention)
  noteChange(id)
  return { 'unhandled' }
end
local inPlace = redis.call('HGET', eventKey, 'inPlace')
local begun = inPlace and string.sub(redis.call('HGET', deliveriesKey, inPlace) or '', 1, 9) ~= 'succeeded'
local status = redis.call('HGET', eventKey, 'status')
if added or status == 'queued' or status == 'received' then
  setStatus(eventKey, id, 'dispatched', now)
  forgetAfter(id, nil)
  noteChange(id)
end
if begun then return { 'in-place', inPlace } end
return { 'dispatched' }
