--- Adds jobs that wait for nothing, as BullMQ's own add does it, without what it writes for listeners that nobody here is; a
--- test compares them. A script may add many: what they have in common is written once, by `finishAdding`.
--- @include fair

-- By queue: the ids of its new jobs that have no priority. A queue is there, too, where all of them have one.
local addedTo = {}

-- `isNew`: no job of that id is there; else nothing is added where one is.
local function addJob(queue, id, name, data, timestamp, priority, isNew)
  local jobKey = bullJobKeyOf(queue, id)
  if not isNew and redis.call('EXISTS', jobKey) == 1 then return end
  addedTo[queue] = addedTo[queue] or {}
  if priority == 0 then table.insert(addedTo[queue], id)
  else
    -- The first that came is the first of its priority.
    local nth = redis.call('INCR', bullJobKeyOf(queue, 'pc')) % 0x100000000
    redis.call('ZADD', bullJobKeyOf(queue, 'prioritized'), priority * 0x100000000 + nth, id)
  end
  redis.call('HSET', jobKey, 'name', name, 'data', data,
    'opts', (priority > 0 and '{"priority":' .. priority .. ',' or '{') .. '"jobId":"' .. id .. '","attempts":0}',
    'timestamp', timestamp, 'delay', 0, 'priority', priority)
end

local function wakeWorkers(queue, paused, most)
  if paused or (most and redis.call('LLEN', bullJobKeyOf(queue, 'active')) >= tonumber(most)) then return end
  redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
end

local function finishAdding()
  for queue, ids in pairs(addedTo) do
    local paused, most, fair = unpack(redis.call('HMGET', bullJobKeyOf(queue, 'meta'), 'paused', 'concurrency', 'fair'))
    if fair then addFairly(queue, ids)
    elseif #ids > 0 then redis.call('LPUSH', bullJobKeyOf(queue, 'wait'), unpack(ids)) end
    redis.call('SADD', queuesKeyOf(), queue)
    wakeWorkers(queue, paused, most)
  end
  addedTo = {}
end
