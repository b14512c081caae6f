--- Takes a dead letter out of its queue.

local function removeDeadLetter(id)
  local letterKey = bullJobKeyOf('dead-letter', id)
  local removed = redis.call('DEL', letterKey)
  if removed == 1 then
    -- Who replays many begins with the oldest or the newest; only one in the middle, that a person has picked, may cost a
    -- look through all, which takes 25 ms where a million lie.
    local listKey = bullJobKeyOf('dead-letter', 'wait')
    local isNew = redis.call('LPOS', listKey, id, 'RANK', 1, 'MAXLEN', 10000)
    redis.call('LREM', listKey, isNew and 1 or -1, id)
    redis.call('XADD', bullJobKeyOf('dead-letter', 'events'), 'MAXLEN', '~', 10000, '*',
      'event', 'removed', 'jobId', id, 'prev', 'waiting')
  end
  return removed
end
