--- Counts everything that stands in Redis, in one step: each count is O(1), so this costs as little with a million jobs
--- as with none. INFO tells of the node that runs the script, in a cluster the one that holds our keys.
--- @include clock
--- @keys    queues, repairs, unworked, unknown
--- @args    defaultQueue
--- @lists   eventLists
--- @reply   at, queues, events, info, repairs, unworked, unknown

local names, seen = {}, {}
local function know(name)
  if not seen[name] then seen[name] = true; names[#names + 1] = name end
end
know(defaultQueue)
for _, name in ipairs(redis.call('SMEMBERS', queuesKey)) do know(name) end

local queues = {}
for index, name in ipairs(names) do
  queues[index] = {
    name,
    redis.call('LLEN', bullJobKeyOf(name, 'wait')),
    redis.call('ZCARD', bullJobKeyOf(name, 'prioritized')),
    redis.call('LLEN', bullJobKeyOf(name, 'active')),
    redis.call('ZCARD', bullJobKeyOf(name, 'delayed')),
    redis.call('ZCARD', bullJobKeyOf(name, 'completed')),
    redis.call('ZCARD', bullJobKeyOf(name, 'failed')),
    redis.call('HEXISTS', bullJobKeyOf(name, 'meta'), 'paused'),
  }
end

local events = {}
for index, list in ipairs(eventLists) do events[index] = redis.call('ZCARD', list) end

local function info(section)
  local reply = redis.pcall('INFO', section)
  if type(reply) == 'table' then return '' end
  return reply
end
return {
  millisecondsNow(),
  queues,
  events,
  info('memory') .. info('persistence') .. info('server'),
  redis.call('HGETALL', repairsKey),
  redis.call('HGETALL', unworkedKey),
  -- It is looked every 30 s at most whether somebody knows them by now.
  redis.call('ZRANGEBYSCORE', unknownKey, millisecondsNow() - 120000, '+inf'),
}
