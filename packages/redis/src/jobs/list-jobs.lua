--- One page of a list, newest first; the cursor is a job, so a page does not move when newer ones come. That job may lie
--- in another partition, where its `created` is given. It ends at
--- `count` jobs, or where their data comes to `bytes`: a page of large ones would not be answered in time. Says 1 when
--- there are more.
--- @include summary
--- @keys    list
--- @args    after, created, count, bytes
--- @reply   [page | unknown-cursor] id and summary of each, more

local most = tonumber(count)
local from = '+inf'
if after ~= '' then
  from = created ~= '' and created or redis.call('HGET', jobKeyOf(after), 'created')
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
local page, size = {}, 0
for i, id in ipairs(found) do
  if i > most or size >= tonumber(bytes) then break end
  page[i] = { id, summaryOf(id) }
  for _, field in ipairs({ 'data', 'metadata', 'result', 'error' }) do
    size = size + redis.call('HSTRLEN', jobKeyOf(id), field)
  end
end
return { 'page', page, #found > #page and 1 or 0 }
