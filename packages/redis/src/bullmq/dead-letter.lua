--- Takes a dead letter out of its queue.

local function removeDeadLetter(id)
  local letterKey = bullJobKeyOf('dead-letter', id)
  local removed = redis.call('DEL', letterKey)
  if removed == 1 then
    -- From the oldest on, which go first when all are replayed: looking through a million takes 25 ms each time.
    redis.call('LREM', bullJobKeyOf('dead-letter', 'wait'), -1, id)
    redis.call('XADD', bullJobKeyOf('dead-letter', 'events'), 'MAXLEN', '~', 10000, '*',
      'event', 'removed', 'jobId', id, 'prev', 'waiting')
  end
  return removed
end
