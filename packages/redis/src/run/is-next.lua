--- Whether nothing is before a delivery in its line any more, or it is not to run at all.
--- @include event
--- @keys    event
--- @args    id, handler
--- @reply   next | waits

local line = redis.call('HGET', eventKey, 'line/' .. handler)
if not line or redis.call('HGET', eventKey, 'd/' .. handler) ~= 'pending' then return 'next' end
local standing = standingIn(line, id, handler)
return (standing == 'behind' or standing == 'arriving') and 'waits' or 'next'
