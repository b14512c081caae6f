--- Queues work anew whose job is gone, and counts that. Checks everything again, because the work may have gone on since
--- it was found: only what is still unsettled, and whose job still is where nobody will ever take it, is touched. `motion` is
--- what it was when the job was first missed, where it may be in a list; in a long list it was looked for since.
--- @include event, job, remains, whereabouts
--- @keys    repairs
--- @args    kind, id, handler, queue, jobId, motion, newQueue, newJobId
--- @add     run
--- @reply   requeued | settled | alive

local isUnsettled = {
  event = function()
    local status = redis.call('HGET', eventKeyOf(id), 'status')
    return status == 'received' or status == 'queued'
  end,
  delivery = function()
    handlersOf(eventKeyOf(id), id)
    if redis.call('HGET', eventKeyOf(id), 'd/' .. handler) ~= 'pending' then return false end
    local notedQueue, notedJob = jobOfDelivery(id, handler)
    return not notedJob or (notedQueue == queue and notedJob == jobId)
  end,
  job = function()
    local status, itsQueue, itsJob = unpack(redis.call('HMGET', jobKeyOf(id), 'status', 'queue', 'queuedId'))
    return status and not isOver(status) and itsQueue == queue and itsJob == jobId
  end,
}

if not isUnsettled[kind]() then return 'settled' end
local where = whereIs(queue, jobId)
if where == 'held' or where == 'listed' then return 'alive' end
if where == 'unlisted' then
  if motion ~= '' and motionOf(queue, jobId) ~= motion then return 'alive' end
  if isNearAnEnd(queue, jobId) then return 'alive' end
end

removeRemains(queue, jobId)
addRun()
redis.call('SADD', queuesKeyOf(), newQueue)
if kind == 'delivery' then noteJobOfDelivery(id, handler, newQueue, newJobId) end
if kind == 'job' then redis.call('HSET', jobKeyOf(id), 'queue', newQueue, 'queuedId', newJobId) end
redis.call('HINCRBY', repairsKey, kind, 1)
return 'requeued'
