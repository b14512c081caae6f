--- Renews permits that a process holds. `again`: those that are not there any more, too, for Redis may have lost them; only
--- who gives them back may say so, or one that was given back in between would come back.
--- @include clock
--- @args    queue, keptMs, again
--- @lists   ids
--- @reply   ok

local till = millisecondsNow() + keptMs
for _, id in ipairs(ids) do
  if again == '1' then redis.call('ZADD', permitsKeyOf(queue), till, id)
  else redis.call('ZADD', permitsKeyOf(queue), 'XX', till, id) end
end
redis.call('PEXPIRE', permitsKeyOf(queue), keptMs)
return 'ok'
