--- Adds jobs that come from elsewhere. A tracked one gets its record and, when it is over, its stream, as if it had
--- ended here; a failed one that has no record is added as BullMQ adds a job, then laid among the failed before any
--- worker can see it. `ending` is what BullMQ's hash says of such an end, at `endedAt`.
--- @include job, intake
--- @keys    queues
--- @args    now, retention, count
--- @each    jobs: kind, id, queue, name, status, created, updated, expires, json, endedAt
--- @lists   jobs.fields, jobs.steps, jobs.effects, jobs.ending
--- @add     jobs.run?
--- @reply   queued, finished or known for each

local closed = closedFor(count)
if closed then return closed end
local function queueRun(job)
  job.addRun()
  redis.call('SADD', queuesKey, job.queue)
end

local function restoreEnd(job)
  local startedAt = redis.call('HGET', jobKeyOf(job.id), 'startedAt')
  if startedAt then
    emitFrame(job.id, 'type', 'started', 'timestamp', startedAt, 'message', 'Job processing started')
  end
  for i = 1, #job.steps, 4 do
    emitFrame(job.id, 'type', 'progress', 'step', job.steps[i], 'timestamp', job.steps[i + 1],
      'processingTime', job.steps[i + 2], 'data', job.steps[i + 3])
  end
  endJob(job.id, job.status, job.updated, job.status == 'succeeded' and 'result' or 'error', job.json)
  if job.expires ~= '' then
    forgetJobAfter(job.id, math.max(tonumber(job.expires), tonumber(now) + tonumber(retention)))
  end
end

local function importTracked(job)
  if not createJob(job.id, job.name, job.created, job.fields) then return 'known' end
  local effectsKey = effectsKeyOf(job.id)
  for i = 1, #job.effects, 2 do redis.call('HSET', effectsKey, job.effects[i], job.effects[i + 1]) end
  redis.call('PEXPIRE', effectsKey, retention)
  if isOver(job.status) then
    restoreEnd(job)
    return 'finished'
  end
  redis.call('HSET', jobKeyOf(job.id), 'updated', job.updated)
  queueRun(job)
  return 'queued'
end

local function importQueued(job)
  local key = bullJobKeyOf(job.queue, job.id)
  if redis.call('EXISTS', key) == 1 then return 'known' end
  queueRun(job)
  if job.endedAt == '' then return 'queued' end
  -- One without a priority was put at the head just now.
  for _, list in ipairs({ 'wait', 'paused' }) do
    local listKey = bullJobKeyOf(job.queue, list)
    if redis.call('LINDEX', listKey, 0) == job.id then redis.call('LPOP', listKey) end
  end
  redis.call('ZREM', bullJobKeyOf(job.queue, 'prioritized'), job.id)
  redis.call('HSET', key, 'finishedOn', job.endedAt, unpack(job.ending))
  redis.call('ZADD', bullJobKeyOf(job.queue, 'failed'), job.endedAt, job.id)
  return 'finished'
end

local outcomes = {}
for i, job in ipairs(jobs) do
  outcomes[i] = (job.kind == 'tracked' and importTracked or importQueued)(job)
end
return outcomes
