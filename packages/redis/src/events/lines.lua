--- Lines: the deliveries of one subject to one handler that run one at a time, because the handler's rule says so. A
--- subject of which nothing is open has no line, and takes no memory.
---
--- An event that stands in one says so in its field `line/<handler>`: `rule|subject|arrival`. `rule` is `order continue`,
--- `order halt`, `latest` or `collapse`; `subject` a digest; `arrival` the event's place in the order in which the store took
--- them. `waits/<handler>` names its job, as `queue|jobId`, while another one is before it.
---
--- Which event of a line was begun and not settled is in `lineHolders`. What is not dispatched yet may belong to any line: it
--- is among the `arriving` of its subject until it is.
--- @include clock, promote-job, record

local ARRIVING_MS = 30 * 86400000
local MOST_SKIPPED = 100

-- All digits of a number: Redis would be told 1.7e+15.
local function digits(number) return string.format('%.0f', number) end

-- A digest of what an event is about; nothing where nobody says.
local function subjectOf(eventKey)
  local facts = factsIn(factsLineOf(eventKey))
  return type(facts[11]) == 'string' and redis.sha1hex(facts[2] .. '\n' .. facts[11]) or nil, facts[3]
end

local lastArrival

-- Keeps an event's place among those of its subject, where a handler of its provider has a rule for them.
local function noteArrival(id, eventKey)
  if lastArrival == nil then lastArrival = tonumber(redis.call('HGET', arrivalsKeyOf(), '') or nil) or false end
  if not lastArrival then return end
  local subject, provider = subjectOf(eventKey)
  if not subject or redis.call('HEXISTS', arrivalsKeyOf(), provider) == 0 then return end
  lastArrival = math.max(lastArrival + 1, millisecondsNow() * 1000)
  redis.call('ZADD', arrivingKeyOf(subject), 'NX', digits(lastArrival), id)
  redis.call('PEXPIRE', arrivingKeyOf(subject), ARRIVING_MS)
end

local function finishArrivals()
  if lastArrival then redis.call('HSET', arrivalsKeyOf(), '', digits(lastArrival)) end
end

-- When an event came that was taken before anybody asked for an order.
local function earlyArrivalOf(eventKey)
  return digits(tonumber(redis.call('HGET', eventKey, 'recordedAt') or '0') * 1000)
end

local function arrivalOf(id, eventKey, subject)
  return redis.call('ZSCORE', arrivingKeyOf(subject), id) or earlyArrivalOf(eventKey)
end

local function placeIn(line) return string.match(line, '^(.-)|(%x+)|(%d+)$') end

local function enterLine(id, handler, subject, arrival)
  redis.call('ZADD', lineKeyOf(handler, subject), 'NX', arrival, id)
end

-- Where an event stands under the rule of today. One that was dispatched under another one, or under none, or was put back
-- from the history, is told now.
local function lineUnder(rule, line, id, eventKey, handler)
  local was, subject, arrival = placeIn(line or '')
  if rule == '' or rule == was then return line end
  if not subject then
    subject = subjectOf(eventKey)
    if not subject then return nil end
    arrival = arrivalOf(id, eventKey, subject)
    enterLine(id, handler, subject, arrival)
  end
  local now = rule .. '|' .. subject .. '|' .. arrival
  redis.call('HSET', eventKey, 'line/' .. handler, now)
  return now
end

-- One that is run again by hand has its old place.
local function enterLineAgain(eventKey, id, handler)
  local _, subject, arrival = placeIn(redis.call('HGET', eventKey, 'line/' .. handler) or '')
  if subject then enterLine(id, handler, subject, arrival) end
end

-- Whether an event still has its place: nobody else may have taken it, or its delivery, away.
local function isOpenIn(id, handler, rule)
  local state = redis.call('HGET', eventKeyOf(id), 'd/' .. handler)
  return state == 'pending' or (rule == 'order halt' and state and string.sub(state, 1, 4) == 'dead')
end

-- Which of a line runs next: the oldest where the order counts, the newest where only that does. `asking`: one that is about
-- to run, whatever became of it before.
local function nextOf(handler, subject, rule, asking)
  local key, range = lineKeyOf(handler, subject), string.sub(rule, 1, 5) == 'order' and 'ZRANGE' or 'ZREVRANGE'
  for _ = 1, MOST_SKIPPED do
    local next = redis.call(range, key, 0, 0)[1]
    if not next or next == asking or isOpenIn(next, handler, rule) then return next end
    redis.call('ZREM', key, next)
  end
end

-- Has the next one looked at, if it was looked at before and had to wait.
local function wakeNext(handler, subject, rule)
  local next = nextOf(handler, subject, rule)
  local job = next and redis.call('HGET', eventKeyOf(next), 'waits/' .. handler)
  if not job then return end
  redis.call('HDEL', eventKeyOf(next), 'waits/' .. handler)
  -- It may have been queued anew, or in another queue, since it was looked at.
  for _, place in ipairs({ job, redis.call('HGET', eventKeyOf(next), 'job/' .. handler) or job }) do
    local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
    if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then return promoteJob(queue, jobId) end
  end
end

-- An event is dispatched and stands in its lines, or nobody will dispatch it any more.
local function leaveArriving(id, subject)
  if redis.call('ZREM', arrivingKeyOf(subject), id) == 0 then return end
  local waiters = redis.call('HGETALL', lineWaitersKeyOf(subject))
  if #waiters == 0 then return end
  redis.call('DEL', lineWaitersKeyOf(subject))
  for i = 1, #waiters, 2 do wakeNext(waiters[i], subject, waiters[i + 1]) end
end

-- Whether something came before it that is still to be dispatched: it may belong before it.
local function isBehindArriving(subject, arrival)
  for skipped = 0, MOST_SKIPPED do
    local first, at = unpack(redis.call('ZRANGE', arrivingKeyOf(subject), 0, 0, 'WITHSCORES'))
    if not first or tonumber(at) >= tonumber(arrival) then return false end
    if skipped == MOST_SKIPPED then return true end
    local status, to = unpack(redis.call('HMGET', eventKeyOf(first), 'status', 'to'))
    if (status == 'queued' or status == 'received') and (not to or to == '') then return true end
    leaveArriving(first, subject)
  end
end

local function holderOf(handler, subject, rule)
  local holder = redis.call('HGET', lineHoldersKeyOf(handler), subject)
  return holder and isOpenIn(holder, handler, rule) and holder or nil
end

-- Where an open delivery stands: `first`, it may run; `behind` another one; `arriving`, behind an event that is not
-- dispatched yet; `outdated` where it is not to run any more.
local function standingIn(line, id, handler)
  local rule, subject, arrival = placeIn(line)
  local holder = holderOf(handler, subject, rule)
  if holder == id then return 'first' end
  if rule == 'collapse' then
    if nextOf(handler, subject, rule, id) ~= id then return 'outdated' end
  else enterLine(id, handler, subject, arrival) end
  if holder then return 'behind' end
  if rule == 'latest' then return 'first' end
  if rule ~= 'collapse' and nextOf(handler, subject, rule, id) ~= id then return 'behind' end
  return isBehindArriving(subject, arrival) and 'arriving' or 'first'
end

-- How many stand before it: 0 for the one that is next.
local function placeAmong(line, id, handler)
  local rule, subject = placeIn(line)
  if string.sub(rule, 1, 5) ~= 'order' then return 0 end
  local place = redis.call('ZRANK', lineKeyOf(handler, subject), id) or 0
  return redis.call('HEXISTS', lineHoldersKeyOf(handler), subject) == 1 and math.max(0, place - 1) or place
end

local function waitInLine(line, eventKey, handler, standing, job)
  local rule, subject = placeIn(line)
  redis.call('HSET', eventKey, 'waits/' .. handler, job)
  if standing == 'arriving' then redis.call('HSET', lineWaitersKeyOf(subject), handler, rule) end
end

local function holdLine(line, id, eventKey, handler)
  local rule, subject, arrival = placeIn(line)
  redis.call('HSET', lineHoldersKeyOf(handler), subject, id)
  redis.call('HDEL', eventKey, 'waits/' .. handler)
  if rule ~= 'collapse' then return end
  redis.call('ZREMRANGEBYSCORE', lineKeyOf(handler, subject), '-inf', '(' .. arrival)
  redis.call('HDEL', burstsKeyOf(handler), subject)
end

local function leaveHold(id, handler, subject, rule)
  if redis.call('HGET', lineHoldersKeyOf(handler), subject) ~= id then return end
  redis.call('HDEL', lineHoldersKeyOf(handler), subject)
  wakeNext(handler, subject, rule)
end

-- A delivery is settled: the next one may run.
local function leaveLine(line, id, handler, state)
  local rule, subject = placeIn(line)
  if rule == 'order halt' and string.sub(state, 1, 4) == 'dead' then return end
  redis.call('ZREM', lineKeyOf(handler, subject), id)
  redis.call('HDEL', eventKeyOf(id), 'waits/' .. handler)
  if rule == 'collapse' and redis.call('EXISTS', lineKeyOf(handler, subject)) == 0 then
    redis.call('HDEL', burstsKeyOf(handler), subject)
  end
  leaveHold(id, handler, subject, rule)
end

-- A delivery failed and is tried again later: where the order is not asked for, a newer one need not wait for that.
local function stepBack(line, id, handler)
  local rule, subject = placeIn(line)
  if string.sub(rule, 1, 5) ~= 'order' then leaveHold(id, handler, subject, rule) end
end
