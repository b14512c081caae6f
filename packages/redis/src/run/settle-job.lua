--- Settles an attempt of a job. A tracked one that is over by now was finished or cancelled while it ran: that stands,
--- and this attempt's end does not count. `detail` is what the kind needs beside the content: the wait before the next
--- attempt, the deadline for somebody else's finishing, or the error without its stack.
--- @include job, settle
--- @args    detail
--- @reply   [settled | lost | succeeded | failed] result

if not isHeld() then return { 'lost' } end
redis.call('HDEL', stateKey, 'begun')
local status, number, result = unpack(redis.call('HMGET', stateKey, 'status', 'attempt', 'result'))
if status and isOver(status) then
  redis.call('HSET', stateKey, field, (status == 'succeeded' and 'succeeded' or 'dead') .. '|' .. counters)
  return { status, result or 'null' }
end

keepAttempt()
if kind == 'await' then
  redis.call('HSET', stateKey, 'phase', 'awaiting', 'deadline', detail, 'updated', now)
elseif kind == 'retry' then
  if status then
    redis.call('HSET', stateKey, 'updated', now)
    emitFrame(workId, 'type', 'retrying', 'timestamp', now, 'attempt', number, 'delay', detail, 'error', content)
  end
else
  keepState()
  if status and kind == 'complete' then
    endJob(workId, 'succeeded', now, 'result', content)
    redis.call('DEL', attemptsKey)
    forgetJobAfter(workId, tonumber(now) + tonumber(retention))
  elseif status then
    endJob(workId, 'failed', now, 'error', detail)
  elseif kind == 'complete' then
    redis.call('HSET', stateKey, 'result', content)
    redis.call('DEL', attemptsKey)
    -- It only has to outlive the moment between here and the end of the job: an hour is plenty.
    redis.call('PEXPIRE', stateKey, 3600000)
  else
    redis.call('PEXPIRE', stateKey, retention)
    redis.call('PEXPIRE', attemptsKey, retention)
  end
end
return { 'settled' }
