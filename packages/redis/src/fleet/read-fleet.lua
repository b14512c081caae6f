--- What all live workers announce, and what nobody announces any more, at one moment.
--- @include fleet
--- @args    expiry
--- @reply   revision, at, announcements, departed

local now = millisecondsNow()
pruneFleet(now, expiry)
return {
  redis.call('GET', revisionKeyOf()) or '0',
  now,
  redis.call('HVALS', announcementsKeyOf()),
  redis.call('HGETALL', departedKeyOf()),
}
