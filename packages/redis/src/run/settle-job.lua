--- Settles an attempt of a job. A tracked one that is over by now was finished or cancelled while it ran, and one that was
--- queued anew since belongs to another run: that stands, and this attempt's end does not count. `detail` is what the kind
--- needs beside the content: the wait before the next attempt, the deadline for somebody else's finishing, or the error
--- without its stack.
--- @include job, settle
--- @args    queuedId, detail
--- @reply   [settled | lost | superseded | succeeded | failed] result

local fields = redis.call('HMGET', workKey, 'status', 'tries', 'result', 'queuedId', 'state')
local status, tries, result, current, state = unpack(fields)
if status and current ~= queuedId then return { 'superseded' } end
if status and isOver(status) then
  -- A run that was taken over has older counters: they would look like an operator's running the job again.
  if placeOfRun(runsOf(workKey, 'runs' .. suffix), run) == 1 then
    redis.call('HSET', workKey, 'state', (status == 'succeeded' and 'succeeded' or 'dead') .. '|' .. counters)
  end
  return { status, result or 'null' }
end
if not maySettle() then
  if state and string.sub(state, 1, 9) == 'succeeded' then return { 'succeeded', result or 'null' } end
  return { 'lost' }
end

keepLock()
endRuns()
if kind == 'await' then
  redis.call('HSET', workKey, 'phase', 'awaiting', 'deadline', detail, 'updated', now)
elseif kind == 'retry' then
  if status then
    redis.call('HSET', workKey, 'updated', now)
    emitFrame(workId, 'type', 'retrying', 'timestamp', now, 'attempt', tonumber(tries or 0) + 1, 'delay', detail,
      'error', content)
  end
else
  redis.call('HSET', workKey, 'state', stateNow())
  keepLetter()
  if status and kind == 'complete' then
    endJob(workId, 'succeeded', now, 'result', content)
    redis.call('DEL', attemptsKey)
    forgetJobAfter(workId, millisecondsNow() + retention)
  elseif status then
    endJob(workId, 'failed', now, 'error', detail)
  elseif kind == 'complete' then
    redis.call('HSET', workKey, 'result', content)
    redis.call('DEL', attemptsKey)
    -- It only has to outlive the moment between here and the end of the job: an hour is plenty.
    redis.call('PEXPIRE', workKey, 3600000)
  else
    redis.call('PEXPIRE', workKey, retention)
    redis.call('PEXPIRE', attemptsKey, retention)
  end
end
return { 'settled' }
