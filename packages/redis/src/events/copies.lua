--- How often an event came again, and when it last did, as `count|time`: operators ask. It is noted in the event, and in what
--- stays of it once it is given up; the least important of notes, so a Redis at its limit does without.
--- @include record

local function nextCopy(noted, now) return (tonumber(string.match(noted or '', '^(%d+)|')) or 0) + 1 .. '|' .. now end

-- What is sent here once more because nobody heard the answer came at the same time: that is no copy.
local function writeCopy(id, receivedAt, now)
  local eventKey, knownKey = eventKeyOf(id), knownKeyOf(id)
  if redis.call('EXISTS', eventKey) == 0 then
    redis.call('SET', knownKey, nextCopy(redis.call('GET', knownKey), now), 'XX', 'KEEPTTL')
  elseif tonumber(receivedAtOf(eventKey)) ~= tonumber(receivedAt) then
    redis.call('HSET', eventKey, 'copies', nextCopy(redis.call('HGET', eventKey, 'copies'), now))
  end
end

local function noteCopy(id, receivedAt, now) pcall(writeCopy, id, receivedAt, now) end
