--- Takes a queue's next job and begins the run of its delivery in the same step, where this process has planned work of
--- that kind before. What needs a closer look comes as BullMQ gives it, and is opened by itself: work that lost a worker,
--- and work of which a run is known already.
---
--- `plans` is this process's own: what an event's job holds beside the id → `revision handler`, for events whose one
--- handler runs in place; `~handler` for those that have jobs of their own.
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

-- Event, handler, the way and the revision of the plan; nothing for work without one.
local function plannedFor(data)
  local id, kind = string.match(data, '^{"kind":"event","event":"([^"\\]+)",(.*)$')
  if id then
    local planned, handler = string.match(planOf(kind) or '', '^(%S+) (.*)$')
    return handler and id, handler, 'first', planned
  end
  local event, handler = string.match(data, '^{"kind":"delivery","event":"([^"\\]+)","handler":"([^"\\]+)"}$')
  if event and planOf('~' .. handler) then return event, handler, 'no', '' end
end

-- Event, handler, tries, record and body of the run that was begun; empty when none was.
local function openAhead(queue, jobId, job, token, now, run)
  if job.stc or job.defa or not job.data or given > MOST_GIVEN then return {} end
  local id, handler, inPlace, planned = plannedFor(job.data)
  if not id then return {} end
  local opened = openDelivery({
    id = id, handler = handler, workId = id .. '~' .. handler, made = job.atm or '0', stalled = '0', inPlace = inPlace,
    planned = planned, now = now, token = token, queue = queue, jobId = jobId, run = run, process = process,
    here = '', isAhead = true,
  })
  if opened[1] ~= 'open' then return {} end
  given = given + #(opened[5] or '')
  return { id, handler, opened[3], opened[4], opened[5] }
end

-- What BullMQ answers, and the run that was begun; nothing where BullMQ itself has to take the job.
local function takeNext(queue, token, lockMs, now, run)
  local taken, job = takeJob(queue, token, lockMs, tonumber(now))
  if not taken then return nil end
  return taken, job and openAhead(queue, taken[2], job, token, now, run) or {}
end
