--- Writes down requests that were refused, as JSON, for whoever records them. Only so many of the newest are kept.
--- @keys    refusals
--- @lists   told
--- @reply   ok

for _, each in ipairs(told) do redis.call('XADD', refusalsKey, 'MAXLEN', '~', 10000, '*', 'refusal', each) end
return 'ok'
