--- Events as they stand, for whoever records them.
--- @include event

-- The place of the newest change ever: what is read now is as of it.
local function newestChange()
  if redis.call('EXISTS', changesKeyOf()) == 0 then return '0-0' end
  local facts = redis.call('XINFO', 'STREAM', changesKeyOf())
  for i = 1, #facts, 2 do
    if facts[i] == 'last-generated-id' then return facts[i + 1] end
  end
end

-- Its id, its record, the fields asked for, its body (false where that is in pieces or larger than `largest`) and its
-- deliveries; nothing when Redis does not hold it.
local function snapshotOf(id, fields, largest)
  local key = eventKeyOf(id)
  local record = recordOf(key)
  if not record then return nil end
  local values = redis.call('HMGET', key, unpack(fields))
  local isWhole = redis.call('HSTRLEN', key, 'body') <= largest and redis.call('HEXISTS', key, 'body1') == 0
  return { id, record, values, isWhole and redis.call('HGET', key, 'body'), deliveriesOf(id) }
end
