--- Takes a dead letter out of its queue.

local function removeDeadLetter(id)
  local letterKey = bullJobKeyOf('dead-letter', id)
  local removed = redis.call('DEL', letterKey)
  if removed == 1 then
    redis.call('LREM', bullJobKeyOf('dead-letter', 'wait'), 0, id)
    redis.call('XADD', bullJobKeyOf('dead-letter', 'events'), 'MAXLEN', '~', 10000, '*',
      'event', 'removed', 'jobId', id, 'prev', 'waiting')
  end
  return removed
end
