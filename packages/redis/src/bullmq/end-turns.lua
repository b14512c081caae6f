--- Puts jobs of a queue that is fair no more where BullMQ has them, at most so many, and says how many: behind its plain
--- list they might never be taken.
--- @include fair
--- @args    queue, most
--- @reply   integer

redis.call('DEL', fairKeyOf(queue))
local prioritizedKey = bullJobKeyOf(queue, 'prioritized')
local ids = redis.call('ZRANGEBYSCORE', prioritizedKey, '-inf', '(' .. FIRST_OF_OTHERS, 'LIMIT', 0, most)
if #ids == 0 then return 0 end
redis.call('ZREM', prioritizedKey, unpack(ids))
for _, id in ipairs(ids) do
  local priority = tonumber(redis.call('HGET', bullJobKeyOf(queue, id), 'priority') or 0) or 0
  if priority == 0 then redis.call('LPUSH', bullJobKeyOf(queue, 'wait'), id)
  else
    local nth = redis.call('INCR', bullJobKeyOf(queue, 'pc')) % FIRST_OF_OTHERS
    redis.call('ZADD', prioritizedKey, string.format('%.0f', priority * FIRST_OF_OTHERS + nth), id)
  end
end
return #ids
