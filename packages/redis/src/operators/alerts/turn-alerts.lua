--- Takes down what fires now, what is told of it, and the messages themselves, in one step: whoever dies after it leaves
--- nothing untold, and whoever looks next tells nothing twice. Only for the process that has the lease.
---
--- Removes before it adds: a Redis at its limit refuses a script whose first write is one that takes memory, and that it
--- is full is what there is to tell.
--- @keys  lease, alerts, alertsTold
--- @args  owner, now, window, keepFor
--- @lists gone, changed, told, receivers, messages
--- @reply turned | lost

if redis.call('GET', leaseKey) ~= owner then return 'lost' end
redis.call('ZREMRANGEBYSCORE', alertsToldKey, '-inf', now - window)
for _, key in ipairs(gone) do redis.call('HDEL', alertsKey, key) end
for i = 1, #changed, 2 do redis.call('HSET', alertsKey, changed[i], changed[i + 1]) end
for _, id in ipairs(told) do redis.call('ZADD', alertsToldKey, now, id) end
for _, receiver in ipairs(receivers) do
  for _, message in ipairs(messages) do redis.call('RPUSH', alertsOutboxKeyOf(receiver), message) end
  if #messages > 0 then redis.call('PEXPIRE', alertsOutboxKeyOf(receiver), keepFor) end
end
return 'turned'
