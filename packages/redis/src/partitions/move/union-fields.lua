--- Adds fields to a hash that it has not got. The field '' holds the last number that was given: the larger one counts.
--- @keys    target
--- @lists   pairs
--- @reply   integer

local added = 0
for i = 1, #pairs, 2 do
  local field, value = pairs[i], pairs[i + 1]
  if field == '' then
    local was = redis.call('HGET', targetKey, '')
    if not was or tonumber(value) > tonumber(was) then
      redis.call('HSET', targetKey, '', value)
      added = added + 1
    end
  else added = added + redis.call('HSETNX', targetKey, field, value) end
end
return added
