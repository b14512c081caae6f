--- Says of how many partitions an installation is, on how many Redis, and which of them this one is: as it is kept here. Where
--- nobody has said so yet, it is what is asked; unless what an installation of one partition leaves lies here.
---
--- `claims`: what is asked is kept from now on, where nothing was. A Redis at its limit goes without; it is asked again.
--- @keys    layout, queues, changes, jobs, announcements, recordedOnce
--- @args    count, nodes, place, claims
--- @reply   count, nodes, place, next

local kept = redis.call('HMGET', layoutKey, 'n', 'm', 'place', 'next')
if kept[1] then return { kept[1], kept[2] or '1', kept[3] or '0', kept[4] or '' } end
if redis.call('EXISTS', queuesKey, changesKey, jobsKey, announcementsKey, recordedOnceKey) > 0 then
  count, nodes, place = '1', '1', '0'
end
if claims == '1' then redis.pcall('HSET', layoutKey, 'n', count, 'm', nodes, 'place', place) end
return { count, nodes, place, '' }
