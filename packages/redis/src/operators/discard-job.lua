--- The same for a job that belongs to no event: what is known of it is forgotten after the retention time.
--- @include acts, dead-letter, job, intake
--- @keys    job
--- @args    letter, retention, act
--- @reply   discarded | gone

local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
if redis.call('HEXISTS', jobKey, 'status') == 1 then forgetJobAfter(letter, millisecondsNow() + retention) end
noteAct(act)
return 'discarded'
