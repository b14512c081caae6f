--- A job and a page of its steps, newest first, from before the place `before` on: as many as fit into `bytes`, and one at
--- least. The summary comes with the first page, which begins at `+`. `run` tells whether the pages are of one run. `place`
--- is where the next page begins, empty after the last.
--- @include frames, summary
--- @keys    job, stream
--- @args    id, before, bytes
--- @reply   run, steps, frames, place, summary

local run, steps = unpack(redis.call('HMGET', jobKey, 'queuedId', 'step'))
local row = before == '+' and summaryOf(id) or {}
local chunk, most = 8, tonumber(bytes)
local page, size, place = {}, 0, before == '+' and '+' or '(' .. before
while most > 0 do
  local found = redis.call('XREVRANGE', streamKey, place, '-', 'COUNT', chunk)
  for _, frame in ipairs(found) do
    if stepOf(frame[2]) then
      size = size + bytesOf(frame[2])
      if #page > 0 and size > most then return { run, steps, page, page[#page][1], row } end
      page[#page + 1] = frame
    end
    place = '(' .. frame[1]
  end
  if #found < chunk then break end
end
return { run, steps, page, '', row }
