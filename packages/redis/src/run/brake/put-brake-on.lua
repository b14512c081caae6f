--- Puts a handler's brake on; whoever comes first says why. One that is letting go begins anew, with what is wrong now.
--- @keys    paused, brake, passes
--- @args    handler, now, by, fingerprint, title, state
--- @reply   braked | again | known

local isNew = redis.call('HSETNX', pausedKey, 'brake/' .. handler, now) == 1
if not isNew and redis.call('HGET', brakeKey, 'phase') == 'probing' then return 'known' end
redis.call('DEL', passesKey)
if isNew then
  redis.call('DEL', brakeKey)
  redis.call('HSET', brakeKey, 'since', now, 'by', by)
end
redis.call('HSET', brakeKey, 'fingerprint', fingerprint, 'title', title, 'phase', 'probing', 'state', state,
  'succeeded', 0, 'failed', 0, 'other', 0)
return isNew and 'braked' or 'again'
