--- How a run of a delivery begins, whichever script begins it.
--- @include dead-letter, event, runs, brake
--- @keys    revision

local WITH_EVENT = 10

local function isSuperseded(it, noted, inPlace)
  local queue, jobId = jobNoted(it.id, it.handler, noted, inPlace)
  return jobId and jobId ~= it.jobId and redis.call('EXISTS', bullLockKeyOf(queue, jobId)) == 1
end

local revision

local function revisionNow()
  revision = revision or redis.call('GET', revisionKey) or '0'
  return revision
end

local pauses = {}

-- Whether it waits: an operator has paused its handler, or the handler's brake is on and has not let it through.
local function isHeldBack(it)
  local handler = it.handler
  local pause = pauses[handler] or redis.call('HMGET', pausedHandlersKeyOf(), handler, 'brake/' .. handler)
  pauses[handler] = pause
  if pause[1] or not pause[2] then return pause[1] end
  it.isLetThrough = not it.isAhead and isLetThrough(handler, it.queue, it.jobId)
  return not it.isLetThrough
end

-- One that this process is still at goes on, whatever stands before it.
local function standingOf(line, it, was)
  if it.here ~= '' then return 'first' end
  -- BullMQ was told to run it again.
  if was == 'dead' then enterLineAgain(eventKeyOf(it.id), it.id, it.handler) end
  return standingIn(line, it.id, it.handler)
end

-- What tells whether it comes too late: `outdated`, or the newest version that was handled, as JSON.
local function oldnessIn(line, handler, standing)
  if standing == 'outdated' then return standing end
  local rule, subject = placeIn(line)
  return rule == 'latest' and redis.call('GET', newestVersionKeyOf(handler, subject)) or ''
end

-- `it`: id, handler, workId, made, stalled, inPlace, planned, now, token, queue, jobId, run, process, here, rule; see
-- open-delivery.lua. `isAhead`: its job was taken by this very script; work with a run that is known is not opened.
local function openDelivery(it)
  local id, handler = it.id, it.handler
  local eventKey = eventKeyOf(id)
  if not it.isAhead and isHeldElsewhere(bullLockKeyOf(it.queue, it.jobId), it.token) then return { 'lost' } end
  local event = redis.call('HMGET', eventKey, 'status', 'shedAt', 'inPlace', 'to', 'd/' .. handler, 'runs/' .. handler,
    'job/' .. handler, 'line/' .. handler, 'tries/' .. handler, 'record', 'body')
  local status, shedAt, inPlace, to, state, runs, noted, line = unpack(event, 1, WITH_EVENT - 2)
  if not status then return { 'gone' } end
  if it.isAhead and runs and runs ~= '' then return { 'known' } end
  local record = event[WITH_EVENT]
  if not to then
    to = record and '' or handlersOf(eventKey, id)
    if not record then state = redis.call('HGET', eventKey, 'd/' .. handler) end
  end
  if it.inPlace == 'first' then
    if revisionNow() ~= it.planned then return { 'stale' } end
    if inPlace ~= handler and to ~= '' then return { 'spread' } end
  end

  local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')
  if was == 'succeeded' or was == 'superseded' then
    -- What it was queued again for is done with this.
    redis.call('HDEL', eventKey, 'heldUntil')
    return { 'succeeded' }
  end
  if shedAt then return { 'shed' } end
  if isSuperseded(it, noted, inPlace) then return { 'superseded' } end
  if was == 'dead' and it.made == madeThen and tonumber(it.stalled) > tonumber(stalledThen) then return { 'dead' } end
  line = lineUnder(it.rule, line, id, eventKey, handler)
  local standing = line and standingOf(line, it, was)
  if standing == 'behind' or standing == 'arriving' then
    if not it.isAhead then waitInLine(line, eventKey, handler, standing, it.queue .. '|' .. it.jobId) end
    return { 'waits', placeAmong(line, id, handler) }
  end

  -- One that this process is still at goes on.
  if it.here == '' and standing ~= 'outdated' and isHeldBack(it) then
    if not it.isAhead then redis.call('SADD', heldForKeyOf(handler), it.queue .. '|' .. it.jobId) end
    return { pauses[handler][1] and 'paused' or 'braked' }
  end

  local kind, deaths, begun = beginAmong(runsIn(runs), it.run, it.process, it.here)
  if kind == 'held' then return { kind } end
  local isOwn = it.inPlace ~= 'no' and it.jobId == id
  if isOwn and noted then redis.call('HDEL', eventKey, 'job/' .. handler) end
  if not isOwn then noteJobOfDelivery(id, handler, it.queue, it.jobId) end
  local wanted = { 'runs/' .. handler, begun }
  if kind == 'open' then
    if was == 'dead' then removeDeadLetter(it.workId) end
    if state ~= 'pending' then wanted[#wanted + 1], wanted[#wanted + 2] = 'd/' .. handler, 'pending' end
    if not state then wanted[#wanted + 1], wanted[#wanted + 2] = 'to', withHandler(to, handler) end
    if it.inPlace ~= 'no' and inPlace ~= handler then
      wanted[#wanted + 1], wanted[#wanted + 2] = 'inPlace', handler
    end
  end
  redis.call('HSET', eventKey, unpack(wanted))
  if kind ~= 'open' then return { kind } end
  if standing == 'first' then holdLine(line, id, eventKey, handler) end
  if status == 'dead' or status == 'handled' or status == 'unhandled' then
    setStatus(eventKey, id, 'dispatched', it.now)
    redis.call('HDEL', eventKey, 'heldUntil')
    forgetAfter(id, nil)
    noteChange(id)
  end
  return { 'open', deaths, event[WITH_EVENT - 1] or '0', record or recordOf(eventKey), event[WITH_EVENT + 1],
    it.isLetThrough and 1 or 0, line and oldnessIn(line, handler, standing) }
end
