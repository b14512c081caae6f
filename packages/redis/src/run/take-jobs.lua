--- Takes a queue's next jobs, one for each turn, and begins the runs of their deliveries where it can. Without a job for
--- each, it says why: `empty`, and from when on another one may be there, where that is known; `full` where as many are
--- worked on, over all workers, as may be; or `other` where BullMQ itself has to take the next one. Of each job: its id, what bullmq/taken-job.ts reads, and the run.
--- @include next
--- @args    queue, lockMs, now
--- @each    turns: token, nextRun
--- @reply   [more | empty | full | other] until, jobs

local jobs, why, untilWhen = takeNext(queue, turns, lockMs, now)
return { why, untilWhen, jobs }
