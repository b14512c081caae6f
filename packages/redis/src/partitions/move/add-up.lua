--- Adds numbers to those of a hash, once for each `mark`; what is no number is taken where there is none yet. `ranAt` is a time: the
--- later one counts. `which` of them are numbers: `all`, or `|one|other|`.
--- @keys    target, moving
--- @args    mark, which
--- @lists   pairs
--- @reply   added | before

if redis.call('HSETNX', movingKey, mark, 1) == 0 then return 'before' end
for i = 1, #pairs, 2 do
  local field, value = pairs[i], pairs[i + 1]
  local isCounted = which == 'all' or string.find(which, '|' .. field .. '|', 1, true)
  local was = redis.call('HGET', targetKey, field)
  if not was then redis.call('HSET', targetKey, field, value)
  elseif field == 'ranAt' then
    if tonumber(value) > tonumber(was) then redis.call('HSET', targetKey, field, value) end
  elseif isCounted and tonumber(value) and tonumber(was) then redis.call('HINCRBY', targetKey, field, value) end
end
return 'added'
