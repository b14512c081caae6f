--- Takes a message out of its outbox, unless another process has done so.
--- @keys  alertsOutbox
--- @args  message
--- @reply integer

if redis.call('LINDEX', alertsOutboxKey, 0) ~= message then return 0 end
redis.call('LPOP', alertsOutboxKey)
return 1
