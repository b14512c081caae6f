--- Records jobs and queues them, all or none. A known id stays as it is; if its BullMQ job is gone though it never ran
--- (removed by hand), it is queued again. Answers with each job's summary.
--- @include job, summary, intake
--- @args    now, count
--- @each    jobs: id, name, queue, queuedId
--- @lists   jobs.fields
--- @add     jobs.run
--- @reply   summaries

local closed = closedFor(count)
if closed then return closed end
local function isLost(id)
  local status, queue, queuedId = unpack(redis.call('HMGET', jobKeyOf(id), 'status', 'queue', 'queuedId'))
  return status == 'pending' and redis.call('EXISTS', bullJobKeyOf(queue, queuedId)) == 0
end

local summaries = {}
for i, job in ipairs(jobs) do
  if createJob(job.id, job.name, now, job.fields) or isLost(job.id) then
    redis.call('HSET', jobKeyOf(job.id), 'queue', job.queue, 'queuedId', job.queuedId)
    job.addRun()
    redis.call('SADD', queuesKeyOf(), job.queue)
  end
  summaries[i] = summaryOf(job.id)
end
return summaries
