--- Writes down requests that were refused, as JSON, for whoever records them. Only so many of the newest are kept.
--- @include intake
--- @keys    refusals
--- @args    count
--- @lists   told
--- @reply   ok

local closed = closedFor(count)
if closed then return closed end
for _, each in ipairs(told) do redis.call('XADD', refusalsKey, 'MAXLEN', '~', 10000, '*', 'refusal', each) end
return 'ok'
