--- Queues work again in another queue, because nobody who works on its own knows it. `remains` takes its old job away as
--- well, unless somebody has it by now; otherwise that job is in the caller's hands. A job whose work has gone on since, or
--- is held by another one, is not moved.
--- @include event, job, remains, whereabouts
--- @args    kind, id, handler, queue, jobId, newQueue, newJobId, remains, since
--- @add     again
--- @reply   moved | alive | settled

local key = kind == 'delivery' and eventKeyOf(id) or jobKeyOf(id)
local isOurs = {
  delivery = function()
    handlersOf(key, id)
    if redis.call('HGET', key, 'd/' .. handler) ~= 'pending' then return false end
    local notedQueue, notedJob = jobOfDelivery(id, handler)
    return not notedJob or (notedQueue == queue and notedJob == jobId)
  end,
  job = function()
    local status, current = unpack(redis.call('HMGET', key, 'status', 'queuedId'))
    return not status or (not isOver(status) and current == jobId)
  end,
}

if not isOurs[kind]() then return 'settled' end
if remains == '1' then
  if whereIs(queue, jobId) == 'held' then return 'alive' end
  removeRemains(queue, jobId)
end
addAgain()
redis.call('SADD', queuesKeyOf(), newQueue)
if kind == 'delivery' then
  if redis.call('HGET', key, 'inPlace') == handler then redis.call('HDEL', key, 'inPlace') end
  noteJobOfDelivery(id, handler, newQueue, newJobId)
  -- One that waits for a paused handler is let go with it.
  if redis.call('SREM', heldForKeyOf(handler), queue .. '|' .. jobId) == 1 then
    redis.call('SADD', heldForKeyOf(handler), newQueue .. '|' .. newJobId)
  end
  if since ~= '' then redis.call('HSETNX', key, 'unclaimed/' .. handler, since) end
else
  if redis.call('HEXISTS', key, 'status') == 1 then
    redis.call('HSET', key, 'queue', newQueue, 'queuedId', newJobId)
  end
  if since ~= '' then redis.call('HSETNX', key, 'unclaimed', since) end
end
return 'moved'
