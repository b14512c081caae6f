--- Takes back what a process announced, because it takes no new work; `gone` when it ends.
--- @include fleet
--- @keys    process
--- @args    id, gone
--- @reply   ok

leaveFleet({ id }, millisecondsNow())
if gone == '1' then
  redis.call('DEL', processKey)
  redis.call('ZREM', processesKeyOf(), id)
end
return 'ok'
