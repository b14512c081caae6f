--- Which run of a piece of work counts: the ledger's own word, because BullMQ gives one token to many jobs and lets a lock
--- run out while its worker lives. `runs` of the work's hash names the runs begun since it was last settled, the newest
--- first, each as `run@process`; only the newest may act. What was begun by a process that has gone silent since, and was
--- never settled, died with it.
--- @include clock

local LONGEST_RUNS = 20
-- Shorter than a lock lasts that nobody renews: a worker that lives speaks when it renews its locks, every 0.6 s.
local SILENT_MS = 2500
-- How long work that made one process stand still is left to the next one that it makes stand still.
local PATIENCE_MS = 60000

local function runsIn(text)
  local runs = {}
  for run, process in string.gmatch(text or '', '(%S+)@(%S+)') do runs[#runs + 1] = { run = run, process = process } end
  return runs
end

local function runsOf(key, field) return runsIn(redis.call('HGET', key, field)) end

local function textOf(runs)
  local parts = {}
  for i = 1, math.min(#runs, LONGEST_RUNS) do parts[i] = runs[i].run .. '@' .. runs[i].process end
  return table.concat(parts, ' ')
end

local function writeRuns(key, field, runs)
  if #runs == 0 then redis.call('HDEL', key, field)
  else redis.call('HSET', key, field, textOf(runs)) end
end

-- 1 for the newest, more for one whose job was taken over, nil for one that is over.
local function placeOfRun(runs, run)
  for i, each in ipairs(runs) do if each.run == run then return i end end
end

-- Whoever has fetched the job begins it within moments; one worker's turns have one name before the colon.
local function isHeldElsewhere(lockKey, token)
  local holder = redis.call('GET', lockKey)
  return holder and string.match(holder, '^[^:]*') ~= string.match(token, '^[^:]*')
end

local function mayAct(key, field, run, lockKey, token)
  return placeOfRun(runsOf(key, field), run) == 1 and not isHeldElsewhere(lockKey, token)
end

local function silenceOf(process)
  local spoke = redis.call('ZSCORE', processesKeyOf(), process)
  return spoke and millisecondsNow() - tonumber(spoke) or math.huge
end

local function deathsAmong(runs, process)
  local deaths = 0
  for _, each in ipairs(runs) do
    if each.process ~= process and silenceOf(each.process) > SILENT_MS then deaths = deaths + 1 end
  end
  return deaths
end

-- Whether the newest run goes on in another process that only stood still. The first time nobody can know: the work is
-- taken over. Once a process came back that it was taken from, the next gets time to come back, too.
local function isLeftAlone(runs, process)
  local newest = runs[1]
  if not newest or newest.process == process then return false end
  if redis.call('EXISTS', runClaimKeyOf(newest.run)) == 1 then return true end
  if silenceOf(newest.process) > PATIENCE_MS then return false end
  for i = 2, #runs do
    local each = runs[i].process
    -- Whoever asks is here, whatever it had time to say so far.
    if each ~= newest.process and (each == process or silenceOf(each) <= SILENT_MS) then return true end
  end
  return false
end

-- Begins a run, or goes on with `here`, the run that this very process is still at. Says which, how many died, and how the
-- field with the runs is to read then.
local function beginAmong(runs, run, process, here)
  local place = here ~= '' and placeOfRun(runs, here)
  if place then
    table.insert(runs, 1, table.remove(runs, place))
    return 'resumed', 0, textOf(runs)
  end
  if isLeftAlone(runs, process) then return 'held', 0 end
  local deaths = deathsAmong(runs, process)
  table.insert(runs, 1, { run = run, process = process })
  return 'open', deaths, textOf(runs)
end

local function beginRun(key, field, run, process, here)
  local kind, deaths, text = beginAmong(runsOf(key, field), run, process, here)
  if text then redis.call('HSET', key, field, text) end
  return kind, deaths
end
