--- Settles deliveries that succeeded, each by itself, and with the last of an event's the event; ends their jobs, and takes
--- the next ones: all that a busy worker asks of Redis, in one call for many. Only a run that counts may settle; see runs.lua.
---
--- Of each job its queue keeps `kept` ended ones. `takes`: whether the next is to be taken by the same turn. `told`: what
--- there is to say of the attempt for the history, as JSON.
---
--- Answers for each in turn: `settled` and whether its job has ended (else BullMQ is to end it), with what take-jobs.lua
--- answers of a job where one was taken; `succeeded`; `lost`; or `failed` and why, where it alone could not be settled. A reply that
--- was lost is asked for again: what has settled and ended says so once more.
--- @include event, runs, dead-letter, next
--- @args    now, retention, lockMs
--- @each    works: id, handler, run, told, token, queue, jobId, made, stalled, kept, takes, nextRun
--- @reply   answers

local changes, answers, cannotNow = {}, {}, nil
-- By queue: the turns that go on with a next job, as `each` has them, with their place among the answers.
local going = {}

local function goOn(it)
  if it.takes ~= '' then
    going[it.queue] = going[it.queue] or {}
    table.insert(going[it.queue], it)
  end
  return { 'settled', 1 }
end

local function toldBefore(it)
  if it.takes == '' then return goOn(it) end
  local jobId, job = takenBefore(it.queue, it.token)
  return jobId and { 'settled', 1, { jobId, job, {} } } or goOn(it)
end

local function complete(it, holder)
  local eventKey, suffix = eventKeyOf(it.id), '/' .. it.handler
  local state = 'succeeded|' .. it.made .. '|' .. it.stalled
  local event = redis.call('HMGET', eventKey, 'status', 'shedAt', 'to', 'line' .. suffix, 'd' .. suffix,
    'runs' .. suffix, 'unclaimed' .. suffix, 'tries' .. suffix)
  local was, unclaimed, tries = event[5] or '', event[7], event[8]
  if not placeOfRun(runsIn(event[6]), it.run) then
    if was == state and hasEnded(it.queue, it.jobId, it.made) then return toldBefore(it) end
    return { string.sub(was, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
  end
  local isEnded = endTurn(it.queue, it.jobId, it.token, now, tonumber(it.made), tonumber(it.kept), 'null', holder)
  if not isEnded or unclaimed or tries then
    redis.call('HDEL', eventKey, 'runs' .. suffix, 'unclaimed' .. suffix, 'tries' .. suffix)
  end
  settleDelivery(eventKey, it.id, it.handler, state, now, tonumber(retention), event, true)
  if string.sub(was, 1, 4) == 'dead' then removeDeadLetter(it.id .. '~' .. it.handler) end
  for _, text in ipairs({ 'changed', it.id, 'attempt', it.told }) do changes[#changes + 1] = text end
  if isEnded then return goOn(it) end
  -- A lock that ran out while nobody took the job over: BullMQ is told of this end by whoever holds it.
  redis.call('SET', bullLockKeyOf(it.queue, it.jobId), it.token, 'PX', lockMs, 'NX')
  return { 'settled', 0 }
end

-- An error of Redis is its text, or a table that has it.
local function whyOf(problem) return tostring(type(problem) == 'table' and problem.err or problem) end

local holders = holdersOf(works)
for i, it in ipairs(works) do
  it.place = i
  local isDone, answer = pcall(complete, it, holders[i])
  if not isDone then
    local why = whyOf(answer)
    -- Then it cannot for any of them, and is asked again.
    if string.find(why, 'OOM command', 1, true) then cannotNow = why end
    answer = { 'failed', why }
  end
  answers[i] = answer
end
finishTurns(now)
for queue, turns in pairs(going) do
  -- Whoever is told of no job takes one for itself.
  local isDone, jobs = pcall(takeNext, queue, turns, lockMs, now)
  for i, job in ipairs(isDone and jobs or {}) do answers[turns[i].place][3] = job end
end
writeSettled()
if #changes > 0 then redis.call('XADD', changesKeyOf(), '*', unpack(changes)) end
return cannotNow and redis.error_reply(cannotNow) or answers
