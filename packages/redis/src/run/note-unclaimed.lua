--- Says since when nobody is known who could run this work; the first to notice begins the time.
--- @include clock
--- @keys    work
--- @args    suffix, what
--- @reply   integers: since, now

local field, now = 'unclaimed' .. suffix, millisecondsNow()
local isKept = redis.call('HEXISTS', workKey, 'status') == 1
if isKept or suffix == '' then redis.call('HSETNX', workKey, field, now) end
redis.call('ZADD', unknownKeyOf(), now, what)
-- Nothing else takes away what is known of a job without a record, should it never be settled.
if not isKept then redis.call('PEXPIRE', workKey, 604800000) end
return { tonumber(redis.call('HGET', workKey, field) or now), now }
