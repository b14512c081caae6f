--- Begins a replay, unless the same one was asked for a moment ago: then that one is meant.
--- @include acts
--- @keys    replay, replays, twin
--- @args    id, askedAt, spec, twinMs, act
--- @reply   [begun | twin] replay

local twin = redis.call('GET', twinKey)
if twin then return { 'twin', twin } end
redis.call('SET', twinKey, id, 'PX', twinMs)
redis.call('HSET', replayKey, 'spec', spec, 'state', 'collecting', 'askedAt', askedAt)
redis.call('ZADD', replaysKey, askedAt, id)
noteAct(act)
return { 'begun', id }
