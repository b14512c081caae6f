--- Forgets what a replay that is over needed to go on, and the rest of it after a while.
--- @keys  replay, runs, events, open, underWay
--- @args  id, keptMs
--- @reply ended | not

local state = redis.call('HGET', replayKey, 'state')
if state ~= 'done' and state ~= 'stopped' then return 'not' end
if redis.call('SCARD', openKey) > 0 then return 'not' end
redis.call('UNLINK', eventsKey)
redis.call('PEXPIRE', runsKey, keptMs)
redis.call('PEXPIRE', replayKey, keptMs)
redis.call('SREM', underWayKey, id)
return 'ended'
