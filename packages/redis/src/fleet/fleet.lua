--- The workers that live and what they announce. A process that has said nothing for `expiry` is gone: what only it
--- announced is kept among the departed, with the time of its last word. Each coming and going changes the revision, so
--- that a plan made over an older fleet is known to be old.
--- @include clock

local KINDS = { 'handlers', 'jobs', 'schedules' }

local function announcements()
  local all, rows = {}, redis.call('HGETALL', announcementsKeyOf())
  for i = 1, #rows, 2 do all[rows[i]] = cjson.decode(rows[i + 1]) end
  return all
end

-- By kind and name, what these announce: the text of each definition.
local function definitionsIn(all)
  local known = {}
  for _, announcement in pairs(all) do
    for _, kind in ipairs(KINDS) do
      for name, definition in pairs(announcement[kind]) do known[kind .. '/' .. name] = definition end
    end
  end
  return known
end

local function leaveFleet(ids, at)
  local all, left = announcements(), {}
  for _, id in ipairs(ids) do
    if all[id] then left[id], all[id] = all[id], nil end
    redis.call('HDEL', announcementsKeyOf(), id)
  end
  if not next(left) then return end
  local known = definitionsIn(all)
  for place, definition in pairs(definitionsIn(left)) do
    if not known[place] then redis.call('HSET', departedKeyOf(), place, at .. ' ' .. definition) end
  end
  redis.call('INCR', revisionKeyOf())
end

-- When it last spoke is remembered for longer: it may only stand still.
local REMEMBERED_MS = 120000

local function pruneFleet(now, expiry)
  local silent = redis.call('ZRANGEBYSCORE', processesKeyOf(), '-inf', now - expiry, 'WITHSCORES')
  for i = 1, #silent, 2 do
    if redis.call('HEXISTS', announcementsKeyOf(), silent[i]) == 1 then leaveFleet({ silent[i] }, silent[i + 1]) end
  end
  redis.call('ZREMRANGEBYSCORE', processesKeyOf(), '-inf', now - REMEMBERED_MS)
  redis.call('PEXPIRE', processesKeyOf(), REMEMBERED_MS)
end

-- A handler that nobody else announces like this has appeared: events that nobody wanted are looked at again for it.
local function joinFleet(id, text, now)
  local known, own = definitionsIn(announcements()), cjson.decode(text)
  for name, definition in pairs(own.handlers) do
    if known['handlers/' .. name] ~= definition then redis.call('HSET', appearedKeyOf(), name, now) end
  end
  for place in pairs(definitionsIn({ own })) do redis.call('HDEL', departedKeyOf(), place) end
  redis.call('HSET', announcementsKeyOf(), id, text)
  redis.call('INCR', revisionKeyOf())
end
