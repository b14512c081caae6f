--- Begins one run of a delivery: says what is already settled, marks the rest as pending, and returns the event. A dead delivery that begins again was retried by an operator, so its dead
--- letter is taken away; unless its worker died between writing the dead letter and ending the job: then it is only to be
--- ended. A settled event that gave up its body has nothing left for a handler.
---
--- It notes which job holds the delivery, so that no second one runs it beside the first, whoever queued that.
--- `inPlace` is `first` for an event's own job that would run its only handler without dispatching it: right only when
--- nothing was dispatched yet (`spread`) and the handlers are still those that the plan was made over (`stale`).
---
--- The job of a handler that an operator has paused, or whose brake is on, is noted, so that it goes on as soon as the handler
--- does. `passes`: whether the brake let it through.
---
--- One whose handler has a rule for the deliveries of one subject `waits` for those before it in their line; see lines.lua.
--- `deaths` is then how many stand between it and the one that runs. `oldness`: `outdated` where it is not to run any more,
--- or the newest version of its subject that was handled, as JSON.
--- @include opening
--- @args    id, handler, workId, made, stalled, inPlace, planned, now, token, queue, jobId, run, process, here, rule
--- @reply   [open | resumed | held | stale | spread | lost | gone | shed | superseded | paused | braked | waits | succeeded | dead] deaths, tries, record, body, passes, oldness

return openDelivery({
  id = id, handler = handler, workId = workId, made = made, stalled = stalled, inPlace = inPlace, planned = planned,
  now = now, token = token, queue = queue, jobId = jobId, run = run, process = process, here = here, rule = rule,
})
