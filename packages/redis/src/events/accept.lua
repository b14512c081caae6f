--- Accepts events, each by itself: a new one is recorded and queued; a known one is answered; a known one whose job is not
--- there (removed by hand, or never made) is queued. Only then may anybody say 2xx. Answers for each in turn, with its
--- error where one alone failed.
---
--- `staged`: names the hash in which a large body is already, in so many pieces; else it is in `body`.
--- @include event, copies, remains, staged, add, intake
--- @args    queue, timestamp, count
--- @each    events: id, type, data, receivedAt, priority, staged, pieces, record, body
--- @reply   answers

local closed = closedFor(count)
if closed then return closed end
local now = millisecondsNow()
local listed, accepted = {}, {}

-- `known` may run already; `lost` has no job; `new` is neither known nor remembered.
local function standingOf(event, eventKey, jobKey)
  if redis.call('EXISTS', eventKey, jobKey, knownKeyOf(event.id)) == 0 then return 'new' end
  local status = redis.call('HGET', eventKey, 'status')
  if status then
    local isQueued = status == 'queued' and redis.call('EXISTS', jobKey) == 1
    return (isQueued or (status ~= 'queued' and status ~= 'received')) and 'known' or 'lost'
  end
  if redis.call('EXISTS', knownKeyOf(event.id)) == 1 then return 'known' end
  -- An id that was forgotten may come back while BullMQ still keeps its old job: that would be taken for this one.
  if redis.call('HEXISTS', jobKey, 'finishedOn') == 1 then removeRemains(queue, event.id) end
  return 'new'
end

local function record(event, eventKey)
  if event.staged ~= '' then
    takeStaged(event.staged, event.pieces, eventKey)
    redis.call('HSET', eventKey, 'status', 'queued', 'recordedAt', now, 'record', event.record)
  else
    redis.call('HSET', eventKey, 'status', 'queued', 'recordedAt', now, 'record', event.record, 'body', event.body)
  end
  listed[#listed + 1] = event.receivedAt
  listed[#listed + 1] = event.id
end

local function accept(event)
  local eventKey, jobKey = eventKeyOf(event.id), bullJobKeyOf(queue, event.id)
  local standing = standingOf(event, eventKey, jobKey)
  if standing == 'known' then
    noteCopy(event.id, event.receivedAt, now)
    return 'duplicate'
  end
  if standing == 'new' then
    record(event, eventKey)
    noteArrival(event.id, eventKey)
  else
    redis.call('HSET', eventKey, 'queuedAt', now)
    setStatus(eventKey, event.id, 'queued', now)
  end
  addJob(queue, event.id, event.type, event.data, timestamp, tonumber(event.priority), standing == 'new')
  accepted[#accepted + 1] = event.id
  return 'accepted'
end

local answers = {}
for i, event in ipairs(events) do
  local isDone, answer = pcall(accept, event)
  if not isDone then
    local why = tostring(type(answer) == 'table' and answer.err or answer)
    -- Whether a script may take memory is decided once, as it begins: this one cannot keep any of them.
    if string.find(why, 'OOM command', 1, true) then return redis.error_reply(why) end
    answer = 'failed: ' .. why
  end
  answers[i] = answer
end
if #accepted > 0 then
  if #listed > 0 then redis.call('ZADD', eventsOfStatusKeyOf('queued'), unpack(listed)) end
  finishAdding()
  finishArrivals()
  redis.call('XADD', changesKeyOf(), '*', 'accepted', table.concat(accepted, ' '))
end
return answers
