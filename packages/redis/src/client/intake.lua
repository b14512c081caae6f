--- Refuses what comes in from outside while the number of partitions is changed, in the step that would take it: what was
--- put down behind the mover's back nobody would find.
--- `count`: of how many this partition is one, for what is put where its name belongs among so many. Who missed a
--- change, or slept through it, would put it elsewhere than the others.

local function closedFor(count)
  local partOf = redis.call('GET', partOfKeyOf())
  if not partOf or partOf == count or (not count and partOf ~= 'closed') then return nil end
  local why = partOf == 'closed' and 'the number of partitions is being changed'
    or 'there are ' .. partOf .. ' partitions by now, and not ' .. count
  return redis.error_reply('CLOSED ' .. why)
end
