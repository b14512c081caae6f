--- Takes a queue's next job and begins the run of its delivery in the same step, where this process has planned work of
--- that kind before. What needs a closer look comes as BullMQ gives it, and is opened by itself: work that lost a worker,
--- and work of which a run is known already.
---
--- `plans` is this process's own: what an event's job holds beside the id → `revision handler`, for events whose one
--- handler runs in place; `~handler` for those that have jobs of their own.
--- @include opening, turn
--- @keys    plans
--- @args    nextRun, process

-- Event, handler, the way and the revision of the plan; nothing for work without one.
local function plannedFor(data)
  local id, kind = string.match(data, '^{"kind":"event","event":"([^"\\]+)",(.*)$')
  if id then
    local planned, handler = string.match(redis.call('HGET', plansKey, kind) or '', '^(%S+) (.*)$')
    return handler and id, handler, 'first', planned
  end
  local event, handler = string.match(data, '^{"kind":"delivery","event":"([^"\\]+)","handler":"([^"\\]+)"}$')
  if event and redis.call('HEXISTS', plansKey, '~' .. handler) == 1 then return event, handler, 'no', '' end
end

-- Event, handler, tries, record and body of the run that was begun; empty when none was.
local function openAhead(queue, jobId, job, token, now)
  if job.stc or job.defa or not job.data then return {} end
  local id, handler, inPlace, planned = plannedFor(job.data)
  if not id or redis.call('HEXISTS', eventKeyOf(id), 'runs/' .. handler) == 1 then return {} end
  local opened = openDelivery({
    id = id, handler = handler, workId = id .. '~' .. handler, made = job.atm or '0', stalled = '0', inPlace = inPlace,
    planned = planned, now = now, token = token, queue = queue, jobId = jobId, run = nextRun, process = process,
    here = '',
  })
  if opened[1] ~= 'open' then return {} end
  return { id, handler, opened[3], opened[4], opened[5] }
end

-- What BullMQ answers, and the run that was begun; nothing where BullMQ itself has to take the job.
local function takeNext(queue, token, lockMs, now)
  local taken, job = takeJob(queue, token, lockMs, tonumber(now))
  if not taken then return nil end
  return taken, job and openAhead(queue, taken[2], job, token, now) or {}
end
