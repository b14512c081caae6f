--- Gives an event's handlers a job each. A handler that has one already gets no second, however often this runs, even
--- when the first is long done. With no handlers the event is kept and marked `unhandled`. An event that gave up its
--- body gets no new handlers. `in-place` names the handler that an earlier attempt began in place and that has not
--- succeeded. `stale` says that the handlers which live workers announce have changed since the plan was made.
---
--- `unclaimed`: somebody who is away, or nobody yet, may want this event: it is looked at again when a handler appears.
--- @include event
--- @keys    event, revision
--- @args    id, now, retention, revisionThen, unclaimed
--- @each    planned: handler, queue, jobId
--- @add     planned.delivery
--- @reply   [dispatched | in-place | unhandled | stale | gone | shed] handler

if (redis.call('GET', revisionKey) or '0') ~= revisionThen then return { 'stale' } end
local status, shedAt, inPlace = unpack(redis.call('HMGET', eventKey, 'status', 'shedAt', 'inPlace'))
if not status then return { 'gone' } end
local before = handlersOf(eventKey, id)
if shedAt then
  for _, one in ipairs(planned) do
    if redis.call('HEXISTS', eventKey, 'd/' .. one.handler) == 0 then return { 'shed' } end
  end
end
-- What it was queued again for is done with this.
if status ~= 'queued' and status ~= 'received' then redis.call('HDEL', eventKey, 'heldUntil') end
if unclaimed == '1' then redis.call('ZADD', eventsUnclaimedKeyOf(), millisecondsNow(), id) end

local to = before
for _, one in ipairs(planned) do
  if redis.call('HSETNX', eventKey, 'd/' .. one.handler, 'pending') == 1 then
    one.addDelivery()
    redis.call('SADD', queuesKeyOf(), one.queue)
    noteJobOfDelivery(id, one.handler, one.queue, one.jobId)
    to = withHandler(to, one.handler)
  end
end

if to == '' then
  setStatus(eventKey, id, 'unhandled', now)
  redis.call('HSET', eventKey, 'settledAt', now)
  forgetAfter(id, millisecondsNow() + retention)
  noteChange(id)
  return { 'unhandled' }
end
local begun = inPlace and string.sub(redis.call('HGET', eventKey, 'd/' .. inPlace) or '', 1, 9) ~= 'succeeded'
if to ~= before then redis.call('HSET', eventKey, 'to', to) end
if to ~= before or status == 'queued' or status == 'received' then
  setStatus(eventKey, id, 'dispatched', now)
  forgetAfter(id, nil)
  noteChange(id)
end
if begun then return { 'in-place', inPlace } end
return { 'dispatched' }
