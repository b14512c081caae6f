--- A page of a job's stream, from behind the place `after` on, oldest first: it ends at 500 frames, or before more than
--- `bytes`, and has one at least. Says 1 when there may be more.
--- @include frames
--- @keys    stream
--- @args    after, bytes
--- @reply   frames, more

local chunk, most = 8, 500
local page, size, place = {}, 0, after
while true do
  local found = redis.call('XRANGE', streamKey, '(' .. place, '+', 'COUNT', chunk)
  for _, frame in ipairs(found) do
    size = size + bytesOf(frame[2])
    if #page > 0 and (#page == most or size > tonumber(bytes)) then return { page, 1 } end
    page[#page + 1] = frame
    place = frame[1]
  end
  if #found < chunk then return { page, 0 } end
end
