--- Says again that a run goes on whose lock could not be renewed in time, so that nobody takes its job over, or takes it
--- over once more. The claim is our own: BullMQ may have put the job back into its list already.
--- @include runs
--- @keys    work, lock
--- @args    suffix, run, token, lockMs
--- @reply   kept | lost

if placeOfRun(runsOf(workKey, 'runs' .. suffix), run) ~= 1 then return 'lost' end
redis.call('SET', lockKey, token, 'PX', lockMs, 'NX')
redis.call('SET', runClaimKeyOf(run), '', 'PX', lockMs)
return 'kept'
