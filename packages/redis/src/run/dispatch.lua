--- Gives an event's handlers a job each. A handler that has one already gets no second, however often this runs, even
--- when the first is long done. With no handlers the event is kept and marked `unhandled`. An event that gave up its
--- body gets no new handlers. `in-place` names the handler that an earlier attempt began in place and that has not
--- succeeded. `stale` says that the handlers which live workers announce have changed since the plan was made.
---
--- `refused`: those whose filters say no, and which condition does not hold. Whoever was refused before and is planned now
--- gets its job; when all of them refuse, the event is `unhandled` as well.
---
--- `unclaimed`: somebody who is away, or nobody yet, may want this event: it is looked at again when a handler appears.
---
--- The event's own job ends with it, and the next one is taken, where `kept` says how many ended jobs the queue keeps; see
--- complete-deliveries.lua. The answer says whether it has ended, and with which next job.
---
--- `rule`: of the deliveries of one subject to this handler; see lines.lua. `ordered`: the provider's events are kept in the
--- order in which they came, until each was dispatched.
---
--- A row that is `plain` has a job that waits for nothing: its `data` and `priority` are enough.
--- @include event, next, add, remains, refusing
--- @keys    event
--- @args    id, now, retention, revisionThen, unclaimed, ordered, token, queue, jobId, made, kept, takes, nextRun, lockMs
--- @each    planned: handler, queue, jobId, plain, data, priority, rule
--- @each    refused: handler, reason
--- @add     planned.delivery?
--- @reply   [dispatched | in-place | unhandled | stale | gone | shed] detail, job

-- What came before the last event of a burst is not run. One that a worker looks at finds that out by itself.
local function supersede(other, handler)
  local queue, otherJob = jobOfDelivery(other, handler)
  if not queue or redis.call('HGET', eventKeyOf(other), 'd/' .. handler) ~= 'pending' then return end
  if redis.call('ZREM', bullJobKeyOf(queue, 'delayed'), otherJob) == 0 then return end
  redis.call('DEL', bullJobKeyOf(queue, otherJob))
  settleDelivery(eventKeyOf(other), other, handler, 'superseded|0|0', now, tonumber(retention))
  noteChange(other)
end

local function joinBurst(handler, subject, arrival)
  local holder = redis.call('HGET', lineHoldersKeyOf(handler), subject)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', lineKeyOf(handler, subject), '-inf', '(' .. arrival, 'LIMIT', 0, 100)) do
    if other ~= holder then supersede(other, handler) end
  end
  redis.call('HSETNX', burstsKeyOf(handler), subject, digits(math.floor(tonumber(arrival) / 1000)))
end

local function joinLine(one, written)
  local subject = subjectOf(eventKey)
  if not subject then return end
  local arrival = arrivalOf(id, eventKey, subject)
  enterLine(id, one.handler, subject, arrival)
  if one.rule == 'collapse' then joinBurst(one.handler, subject, arrival) end
  written[#written + 1] = 'line/' .. one.handler
  written[#written + 1] = one.rule .. '|' .. subject .. '|' .. arrival
end

local function leaveArrivals()
  local subject = ordered == '1' and subjectOf(eventKey)
  if subject then leaveArriving(id, subject) end
end

local function endJob(result, returned)
  if kept == '' then return { result, 0 } end
  local holder = redis.call('GET', bullLockKeyOf(queue, jobId))
  if endTurn(queue, jobId, token, now, tonumber(made), tonumber(kept), cjson.encode(returned), holder) then finishTurns(now)
  elseif not hasEnded(queue, jobId, made) then return { result, 0 }
  elseif takes ~= '' then
    local before, told = takenBefore(queue, token)
    if before then return { result, 1, { before, told, {} } } end
  end
  local jobs = takes ~= '' and takeNext(queue, { { token = token, nextRun = nextRun } }, lockMs, now) or {}
  return { result, 1, jobs[1] }
end

if (redis.call('GET', revisionKey) or '0') ~= revisionThen then return { 'stale' } end
local status, shedAt, inPlace = unpack(redis.call('HMGET', eventKey, 'status', 'shedAt', 'inPlace'))
if not status then return { 'gone' } end
local before = handlersOf(eventKey, id)
if shedAt then
  for _, one in ipairs(planned) do
    local state = redis.call('HGET', eventKey, 'd/' .. one.handler)
    if not state or isFiltered(state) then return { 'shed' } end
  end
end
-- What it was queued again for is done with this.
if status ~= 'queued' and status ~= 'received' then redis.call('HDEL', eventKey, 'heldUntil') end
if unclaimed == '1' then redis.call('ZADD', eventsUnclaimedKeyOf(), millisecondsNow(), id) end

local to, fields, isGiven = before, {}, false
for _, one in ipairs(planned) do fields[#fields + 1] = 'd/' .. one.handler end
local states, written = #fields > 0 and redis.call('HMGET', eventKey, unpack(fields)) or {}, {}
for i, one in ipairs(planned) do
  if not states[i] or isFiltered(states[i]) then
    isGiven = true
    if states[i] then removeRemains(one.queue, one.jobId) end
    if one.plain == '' then
      one.addDelivery()
      redis.call('SADD', queuesKeyOf(), one.queue)
    else addJob(one.queue, one.jobId, one.handler, one.data, now, tonumber(one.priority)) end
    for _, text in ipairs({ fields[i], 'pending', 'job/' .. one.handler, one.queue .. '|' .. one.jobId }) do
      written[#written + 1] = text
    end
    if one.rule ~= '' then joinLine(one, written) end
    if not states[i] then to = withHandler(to, one.handler) end
  end
end
finishAdding()

local begun = inPlace and redis.call('HGET', eventKey, 'd/' .. inPlace) or ''
if #written > 0 then redis.call('HSET', eventKey, 'to', to, unpack(written)) end
to = noteRefused(eventKey, to, refused)
-- Whoever is woken by this has to find it in its lines.
leaveArrivals()
local given = (#refused > 0 or #planned == 0) and givenIn(eventKey, to) or namesIn(to)
if #given == 0 then
  setStatus(eventKey, id, 'unhandled', now)
  redis.call('HSET', eventKey, 'settledAt', now)
  forgetAfter(id, millisecondsNow() + retention)
  noteChange(id)
  return endJob('unhandled', { unhandled = true })
end
if isGiven or status == 'queued' or status == 'received' then
  setStatus(eventKey, id, 'dispatched', now)
  forgetAfter(id, nil)
  noteChange(id)
elseif #refused > 0 then noteChange(id) end
if inPlace and string.sub(begun, 1, 9) ~= 'succeeded' and not isFiltered(begun) then return { 'in-place', inPlace } end
return endJob('dispatched', { handlers = given })
