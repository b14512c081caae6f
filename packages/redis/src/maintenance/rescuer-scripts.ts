// The declarations have no module to import, and the tests' own project has to find them too.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="../bullmq/bullmq-scripts.d.ts" />
import { promote } from 'bullmq/dist/cjs/scripts/promote-9.js';
import { ADD_JOB_LUA } from '../bullmq/add-job.ts';
import { EVENT_LUA } from '../events/event-lua.ts';
import { JOB_LUA } from '../jobs/job-lua.ts';
import { defineScript } from '../client/script.ts';

/**
 * Where a BullMQ job is, as far as that is cheap to say. An `unlisted` one is in a list or nowhere: only reading the
 * lists tells. One whose lock is held is being run, whatever else is missing of it.
 */
const WHEREABOUTS_LUA = `
local function whereIs(prefix, queue, jobId)
  local base = prefix .. ':' .. queue .. ':'
  if redis.call('EXISTS', base .. jobId .. ':lock') == 1 then return 'held' end
  if redis.call('EXISTS', base .. jobId) == 0 then return 'missing' end
  for _, set in ipairs({ 'delayed', 'prioritized', 'waiting-children' }) do
    if redis.call('ZSCORE', base .. set, jobId) then return 'listed' end
  end
  for _, set in ipairs({ 'completed', 'failed' }) do
    if redis.call('ZSCORE', base .. set, jobId) then return 'ended' end
  end
  return 'unlisted'
end

local function isWaitingOrActive(prefix, queue, jobId)
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    if redis.call('LPOS', prefix .. ':' .. queue .. ':' .. list, jobId) then return true end
  end
  return false
end

local function millisecondsNow()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/**
 * Looks at one page of unsettled work and says which of it seems to have no job: a flat list of
 * `id, handler, queue, jobId, whereabouts`. Before it: how many were looked at, and where the next page begins.
 * Fields: which list of what kind, from which score on (and how many of that score are known), how many, how old.
 */
export const FIND_STRAYS = defineScript(
  EVENT_LUA,
  WHEREABOUTS_LUA,
  `
local prefix, kind, from, skip, count, age, queueByHandler = unpack(ARGV)
local before, strays = millisecondsNow() - tonumber(age), {}
local queueOf = cjson.decode(queueByHandler)

local function look(id, handler, queue, jobId)
  local where = whereIs(prefix, queue, jobId)
  if where == 'held' or where == 'listed' then return end
  for _, value in ipairs({ id, handler, queue, jobId, where }) do strays[#strays + 1] = value end
end

local lookAt = {
  event = function(id)
    local since = redis.call('HGET', prefix .. '/event/' .. id, 'statusAt')
    if since and tonumber(since) <= before then look(id, '', 'default', id) end
  end,
  delivery = function(id)
    local since = redis.call('HGET', prefix .. '/event/' .. id, 'statusAt')
    if not since or tonumber(since) > before then return end
    local deliveries = redis.call('HGETALL', prefix .. '/deliveries/' .. id)
    for i = 1, #deliveries, 2 do
      local handler = deliveries[i]
      if deliveries[i + 1] == 'pending' then
        local queue, jobId = jobOfDelivery(prefix, id, handler)
        look(id, handler, queue or queueOf[handler] or 'default', jobId or (id .. '~' .. handler))
      end
    end
  end,
  job = function(id)
    local since, queue, jobId = unpack(redis.call('HMGET', prefix .. '/job/' .. id, 'updated', 'queue', 'queuedId'))
    if since and queue and jobId and tonumber(since) <= before then look(id, '', queue, jobId) end
  end,
}

local page = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', skip, count)
local last, ties = from, tonumber(skip)
for i = 1, #page, 2 do
  lookAt[kind](page[i])
  if page[i + 1] ~= last then last, ties = page[i + 1], 0 end
  ties = ties + 1
end
return { #page / 2, last, ties, unpack(strays) }
`,
);

/**
 * Queues work anew whose job is gone, and counts that. Checks everything again, because the work may have gone on since
 * it was found: only what is still unsettled, and whose job still is where nobody will ever take it, is touched.
 */
export const REQUEUE = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  JOB_LUA,
  WHEREABOUTS_LUA,
  `
local prefix, kind, id, handler, queue, jobId, newQueue, newJobId, addName = unpack(ARGV, 1, 9)

local isUnsettled = {
  event = function()
    local status = redis.call('HGET', prefix .. '/event/' .. id, 'status')
    return status == 'received' or status == 'queued'
  end,
  delivery = function()
    if redis.call('HGET', prefix .. '/deliveries/' .. id, handler) ~= 'pending' then return false end
    local notedQueue, notedJob = jobOfDelivery(prefix, id, handler)
    return not notedJob or (notedQueue == queue and notedJob == jobId)
  end,
  job = function()
    local status, itsQueue, itsJob = unpack(redis.call('HMGET', jobKeyOf(prefix, id), 'status', 'queue', 'queuedId'))
    return status and not isOver(status) and itsQueue == queue and itsJob == jobId
  end,
}

local function removeRemains()
  local base = prefix .. ':' .. queue .. ':'
  for _, part in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
    redis.call('DEL', base .. jobId .. part)
  end
  for _, set in ipairs({ 'delayed', 'prioritized', 'waiting-children', 'completed', 'failed' }) do
    redis.call('ZREM', base .. set, jobId)
  end
  for _, list in ipairs({ 'wait', 'active', 'paused' }) do redis.call('LREM', base .. list, 0, jobId) end
  redis.call('SREM', base .. 'stalled', jobId)
end

if not isUnsettled[kind]() then return 'settled' end
local where = whereIs(prefix, queue, jobId)
if where == 'held' or where == 'listed' then return 'alive' end
if where == 'unlisted' and isWaitingOrActive(prefix, queue, jobId) then return 'alive' end

removeRemains()
add[addName](KEYS, { ARGV[10], ARGV[11], ARGV[12] })
redis.call('SADD', prefix .. '/queues', newQueue)
if kind == 'delivery' then noteJobOfDelivery(prefix, id, handler, newQueue, newJobId) end
if kind == 'job' then redis.call('HSET', jobKeyOf(prefix, id), 'queue', newQueue, 'queuedId', newJobId) end
redis.call('HINCRBY', prefix .. '/sweeper', kind, 1)
return 'requeued'
`,
);

/**
 * Wakes a queue that sleeps over its work. BullMQ's idle workers wait for a marker; a lost one leaves jobs lying.
 * What waits without a marker and has not moved since the last look, and what is overdue, gets one; what is overdue
 * still at the next look is put into the waiting list by BullMQ's own script.
 * A queue that is paused, at its global concurrency or held by its rate limit is not asleep.
 * Returns the next waiting job, how many markers were set, and which jobs are overdue and which were promoted.
 */
export const WAKE_QUEUE = defineScript(
  WHEREABOUTS_LUA,
  `local function promote(KEYS, ARGV)\n${promote.content}\nend`,
  `
local prefix, queue, grace, nextThen = unpack(ARGV, 1, 4)
local base = prefix .. ':' .. queue .. ':'
local overdueThen = {}
for i = 5, #ARGV do overdueThen[ARGV[i]] = true end

local paused, concurrency = unpack(redis.call('HMGET', base .. 'meta', 'paused', 'concurrency'))
if paused or redis.call('PTTL', base .. 'limiter') > 0 then return { '', 0, {}, {} } end
if concurrency and redis.call('LLEN', base .. 'active') >= tonumber(concurrency) then return { '', 0, {}, {} } end

local hasMarker = redis.call('EXISTS', base .. 'marker') == 1
local set, overdue, promoted = 0, {}, {}
local before = (millisecondsNow() - tonumber(grace)) * 0x1000
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'delayed', '-inf', before, 'LIMIT', 0, 100)) do
  if redis.call('EXISTS', base .. id) == 0 then
    -- The hash is gone: there is nothing to run, and promoting it would make an empty one.
  elseif overdueThen[id] then
    local keys = {}
    for i, name in ipairs({ 'delayed', 'wait', 'paused', 'meta', 'prioritized', 'active', 'pc', 'events', 'marker' }) do
      keys[i] = base .. name
    end
    promote(keys, { base, id })
    promoted[#promoted + 1] = id
  else
    overdue[#overdue + 1] = id
    if not hasMarker and set == 0 then
      redis.call('ZADD', base .. 'marker', 0, '1')
      set = 1
    end
  end
end

local nextNow = redis.call('LINDEX', base .. 'wait', -1) or redis.call('ZRANGE', base .. 'prioritized', 0, 0)[1] or ''
if redis.call('EXISTS', base .. 'marker') == 1 then
  nextNow = ''
elseif nextNow ~= '' and nextNow == nextThen then
  redis.call('ZADD', base .. 'marker', 0, '0')
  set = set + 1
end
if set > 0 then redis.call('HINCRBY', prefix .. '/sweeper', 'marker', set) end
if #promoted > 0 then redis.call('HINCRBY', prefix .. '/sweeper', 'overdue', #promoted) end
return { nextNow, set, overdue, promoted }
`,
);

/** Takes or keeps the lease of the one process that sweeps. */
export const TAKE_LEASE = defineScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/** Gives the lease back, so that another process need not wait for its end. */
export const GIVE_LEASE = defineScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** One step through all keys of a queue's kind; a script, because in a cluster a bare SCAN would ask any node. */
export const SCAN_JOBS = defineScript(
  WHEREABOUTS_LUA,
  `
local prefix, cursor, pattern, age = unpack(ARGV)
local before, found = millisecondsNow() - tonumber(age), {}
local reply = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 500, 'TYPE', 'hash')
for _, key in ipairs(reply[2]) do
  local queue, jobId = string.match(string.sub(key, #prefix + 2), '^([^:]+):(.+)$')
  -- A job has both of these; a queue's settings and its schedulers do not.
  local made, options = unpack(redis.call('HMGET', key, 'timestamp', 'opts'))
  if jobId and made and options and tonumber(made) <= before and whereIs(prefix, queue, jobId) == 'unlisted' then
    found[#found + 1] = queue
    found[#found + 1] = jobId
  end
end
return { reply[1], unpack(found) }
`,
);
