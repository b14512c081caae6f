--- Forgets that handlers have appeared, unless they did so again meanwhile.
--- @keys    appeared
--- @lists   seen
--- @reply   integer

local count = 0
for i = 1, #seen, 2 do
  if redis.call('HGET', appearedKey, seen[i]) == seen[i + 1] then
    count = count + redis.call('HDEL', appearedKey, seen[i])
  end
end
return count
