--- How a run of a delivery begins, whichever script begins it.
--- @include dead-letter, event, runs
--- @keys    revision

-- `it`: id, handler, workId, made, stalled, inPlace, planned, now, token, queue, jobId, run, process, here, fields; see
-- open-delivery.lua.
local function openDelivery(it)
  local id, handler = it.id, it.handler
  local eventKey, deliveriesKey = eventKeyOf(id), deliveriesKeyOf(id)
  if isHeldElsewhere(bullLockKeyOf(it.queue, it.jobId), it.token) then return { 'lost' } end
  local event = redis.call('HMGET', eventKey, 'status', 'shedAt', 'inPlace', 'tries/' .. handler, unpack(it.fields))
  local status, shedAt = event[1], event[2]
  if not status then return { 'gone' } end
  if it.inPlace == 'first' then
    if (redis.call('GET', revisionKey) or '0') ~= it.planned then return { 'stale' } end
    if event[3] ~= handler and redis.call('HLEN', deliveriesKey) > 0 then return { 'spread' } end
  end

  local state = redis.call('HGET', deliveriesKey, handler)
  local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')
  if was == 'succeeded' then return { 'succeeded' } end
  if shedAt then return { 'shed' } end
  local heldQueue, heldJob = jobOfDelivery(id, handler)
  if heldJob and heldJob ~= it.jobId and redis.call('EXISTS', bullLockKeyOf(heldQueue, heldJob)) == 1 then
    return { 'superseded' }
  end
  if was == 'dead' and it.made == madeThen and tonumber(it.stalled) > tonumber(stalledThen) then return { 'dead' } end

  local kind, deaths = beginRun(eventKey, 'runs/' .. handler, it.run, it.process, it.here)
  if kind ~= 'held' then
    if it.inPlace == 'no' or it.jobId ~= id then noteJobOfDelivery(id, handler, it.queue, it.jobId)
    else redis.call('HDEL', eventKey, 'job/' .. handler) end
  end
  if kind ~= 'open' then return { kind } end
  if was == 'dead' then removeDeadLetter(it.workId) end
  redis.call('HSET', deliveriesKey, handler, 'pending')
  if it.inPlace ~= 'no' then redis.call('HSET', eventKey, 'inPlace', handler) end
  if status == 'dead' or status == 'handled' or status == 'unhandled' then
    setStatus(eventKey, id, 'dispatched', it.now)
    forgetAfter(id, nil)
    noteChange(id)
  end
  return { 'open', deaths, event[4] or '0', { unpack(event, 5) } }
end
