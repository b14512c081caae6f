--- Keeps no order any more of these providers' events, if the workers are still those over which that was decided: one that
--- joins asks for an order before the others hear of it, and once more afterwards.
--- @keys    arrivals, revision
--- @args    revisionThen
--- @lists   providers
--- @reply   ok | stale

if (redis.call('GET', revisionKey) or '0') ~= revisionThen then return 'stale' end
redis.call('HDEL', arrivalsKey, unpack(providers))
-- The last place that was given: with it alone, each event would still be looked at.
if redis.call('HLEN', arrivalsKey) == 1 then redis.call('HDEL', arrivalsKey, '') end
return 'ok'
