--- Has a counter stand at least here.
--- @keys    target
--- @args    least
--- @reply   ok

if tonumber(redis.call('GET', targetKey) or '0') < tonumber(least) then redis.call('SET', targetKey, least) end
return 'ok'
