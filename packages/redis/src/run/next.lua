--- Takes a queue's next jobs and begins the runs of their deliveries in the same step, where this process has planned work of
--- that kind before. What needs a closer look comes as BullMQ gives it, and is opened by itself: work that lost a worker,
--- and work of which a run is known already.
---
--- `plans` is this process's own: the name and the data of an event's job → `revision handler`, for events whose one handler
--- runs in place; `~handler` → its rule, for those that have jobs of their own.
--- @include opening, turn
--- @keys    plans
--- @args    process

-- Bytes of bodies in one answer: what is larger is opened by itself.
local MOST_GIVEN = 256 * 1024
local given, plans = 0, {}

local function planOf(kind)
  local plan = plans[kind]
  if plan == nil then
    plan = redis.call('HGET', plansKey, kind)
    plans[kind] = plan
  end
  return plan
end

-- Event, handler, the way, the revision of the plan and the handler's rule; nothing for work without a plan.
local function plannedFor(jobId, name, data)
  if string.sub(data, 1, 25) == '{"kind":"event","source":' then
    local planned, handler = string.match(planOf(name .. ' ' .. data) or '', '^(%S+) (.*)$')
    return handler and jobId, handler, 'first', planned, ''
  end
  local rule = data == '{"kind":"delivery"}' and planOf('~' .. name)
  if rule then
    return string.sub(jobId, 1, -#name - 2), name, 'no', '', rule
  end
end

-- Event, handler, tries, record and body of the run that was begun; empty when none was.
local function openAhead(queue, jobId, job, token, now, run)
  local name, data, _, _, _, made, _, stalled, _, deferred = unpack(job, 1, 10)
  if stalled or deferred or not (name and data) or given > MOST_GIVEN then return {} end
  local id, handler, inPlace, planned, rule = plannedFor(jobId, name, data)
  if not id then return {} end
  local opened = openDelivery({
    id = id, handler = handler, workId = id .. '~' .. handler, made = made or '0', stalled = '0', inPlace = inPlace,
    planned = planned, now = now, token = token, queue = queue, jobId = jobId, run = run, process = process,
    here = '', rule = rule, isAhead = true,
  })
  if opened[1] ~= 'open' then return {} end
  given = given + #(opened[5] or '')
  return { id, handler, opened[3], opened[4], opened[5], opened[7] or '' }
end

-- The next jobs, one for each turn, which has a `token` and a `nextRun`: of each its id, what is told of it, and the run
-- that was begun. With fewer, why; see turn.lua.
local function takeNext(queue, turns, lockMs, now)
  local ids, why, untilWhen = takeIds(queue, #turns, tonumber(now))
  local jobs = {}
  for i, id in ipairs(ids) do
    local turn = turns[i]
    -- What cannot be read, or not be begun, fails by itself afterwards, and alone: the others have been taken by now.
    local isRead, told = pcall(beginTurn, queue, id, turn.token, lockMs, now)
    if not isRead then told = {} end
    local isDone, begun = pcall(openAhead, queue, id, told, turn.token, now, turn.nextRun)
    jobs[i] = { id, told, isDone and begun or {} }
  end
  return jobs, why, untilWhen
end
