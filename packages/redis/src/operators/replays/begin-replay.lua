--- Begins a replay, unless the same one was asked for a moment ago: then that one is meant.
--- @include acts, intake
--- @keys    replay, replays, underWay, twin
--- @args    id, askedAt, spec, twinMs, most, act
--- @reply   [begun | twin] replay

local closed = closedFor()
if closed then return closed end
local twin = redis.call('GET', twinKey)
if twin then return { 'twin', twin } end
redis.call('SET', twinKey, id, 'PX', twinMs)
redis.call('HSET', replayKey, 'spec', spec, 'state', 'collecting', 'askedAt', askedAt)
redis.call('SADD', underWayKey, id)
redis.call('ZADD', replaysKey, askedAt, id)
redis.call('ZREMRANGEBYRANK', replaysKey, 0, -1 - most)
noteAct(act)
return { 'begun', id }
