--- Puts the jobs of workers that are gone back among those that wait, as BullMQ does it: its counter says that a worker was lost
--- with each. Says how many jobs somebody is still at.
--- @args    queue
--- @reply   integer

local activeKey = bullJobKeyOf(queue, 'active')
local held = 0
for _, id in ipairs(redis.call('LRANGE', activeKey, 0, -1)) do
  if redis.call('EXISTS', bullLockKeyOf(queue, id)) == 1 then held = held + 1
  else
    redis.call('LREM', activeKey, 1, id)
    if redis.call('EXISTS', bullJobKeyOf(queue, id)) == 1 then
      redis.call('HINCRBY', bullJobKeyOf(queue, id), 'stc', 1)
      redis.call('RPUSH', bullJobKeyOf(queue, 'wait'), id)
    end
  end
end
return held
