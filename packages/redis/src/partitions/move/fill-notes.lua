--- Writes what was moved here into its stream, in the order of time, so many at a time. Says how many. An entry keeps the time of
--- its place, which says when it was; each one's member is that, a space, and its field and text.
--- @keys    moved, stream
--- @args    most
--- @reply   integer

local popped = redis.call('ZPOPMIN', movedKey, most)
local last = redis.call('XREVRANGE', streamKey, '+', '-', 'COUNT', 1)[1]
local ms, nth = '0', '0'
if last then ms, nth = string.match(last[1], '^(%d+)-(%d+)$') end
ms, nth = tonumber(ms), tonumber(nth)
for i = 1, #popped, 2 do
  local at, field, text = string.match(popped[i], '^(%d+)%-%d+ %S* (%S+) (.*)$')
  at = tonumber(at)
  if at > ms then ms, nth = at, 0 else nth = nth + 1 end
  redis.call('XADD', streamKey, string.format('%.0f-%.0f', ms, nth), field, text)
end
return #popped / 2
