--- The ids of one page, oldest first. The cursor is a job's place, not a rank: ranks move when others are forgotten.
--- Jobs of the same millisecond are in the order of their ids. Answers with the last one's place, and the ids.
--- @keys  jobs
--- @args  from, after, count
--- @reply last, found

local most = tonumber(count)
local found, last, offset = {}, from, 0
while #found < most do
  local ids = redis.call('ZRANGEBYSCORE', jobsKey, from, '+inf', 'WITHSCORES', 'LIMIT', offset, 200)
  for i = 1, #ids, 2 do
    local isBefore = ids[i + 1] == from and ids[i] <= after
    if not isBefore and #found < most then
      found[#found + 1] = ids[i]
      last = ids[i + 1]
    end
  end
  if #ids < 400 then break end
  offset = offset + 200
end
return { last, found }
