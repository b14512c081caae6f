--- Takes a queue's next job, and begins the run of its delivery where it can.
--- @include next
--- @args    queue, token, lockMs, now, nextRun
--- @reply   [taken | other] job, ahead

local job, ahead = takeNext(queue, token, lockMs, now, nextRun)
if not job then return { 'other' } end
return { 'taken', job, ahead }
