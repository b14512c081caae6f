--- Counts how a replayed piece of work ended, once.
--- @keys  replay, open
--- @args  letter, outcome
--- @reply integer

if redis.call('SREM', openKey, letter) == 0 then return 0 end
return redis.call('HINCRBY', replayKey, outcome, 1)
