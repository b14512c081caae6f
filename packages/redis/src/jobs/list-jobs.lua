--- One page of a list, newest first; the cursor is a job, so a page does not move when newer ones come. One more than
--- `count` is given where there are more.
--- @include summary
--- @keys    list
--- @args    after, count
--- @reply   [page | unknown-cursor] id and summary of each

local most = tonumber(count)
local from = '+inf'
if after ~= '' then
  from = redis.call('HGET', jobKeyOf(after), 'created')
  if not from then return { 'unknown-cursor' } end
end
local found, offset = {}, 0
while #found <= most do
  local ids = redis.call('ZREVRANGEBYSCORE', listKey, from, '-inf', 'WITHSCORES', 'LIMIT', offset, 200)
  for i = 1, #ids, 2 do
    local isBefore = after ~= '' and ids[i + 1] == from and ids[i] >= after
    if not isBefore and #found <= most then found[#found + 1] = ids[i] end
  end
  if #ids < 400 then break end
  offset = offset + 200
end
local page = {}
for i, id in ipairs(found) do page[i] = { id, summaryOf(id) } end
return { 'page', page }
