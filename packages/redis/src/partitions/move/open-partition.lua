--- Opens a partition of a new number: who knows another one is refused from now on. `newest`: the place of the newest
--- change that was recorded anywhere before; what changes here from now on comes after it.
--- @keys    partOf, changes, queues, moving
--- @args    count, ms, isUsed
--- @reply   ok

redis.call('SET', partOfKey, count)
redis.call('DEL', movingKey)
if isUsed ~= '1' then return 'ok' end
-- A stream says what its newest place was, whatever is left of it.
local isLater, answer = pcall(redis.call, 'XADD', changesKey, ms .. '-0', 'accepted', '')
if not isLater then redis.call('XADD', changesKey, '*', 'accepted', '') end
for _, queue in ipairs(redis.call('SMEMBERS', queuesKey)) do
  if redis.call('HEXISTS', bullJobKeyOf(queue, 'meta'), 'paused') == 0 then
    redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
  end
end
return 'ok'
