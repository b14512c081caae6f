--- Looks at one page of dead events, or of failed jobs, for those whose dead letter somebody took away by hand: nothing
--- will run them again, so they are through, and may be forgotten after the retention time. Says how many there were to
--- look at, and how many were through.
--- @include event, job
--- @keys    list
--- @args    kind, skip, count, now, eventRetention, jobRetention
--- @reply   integers: looked, concluded

local function hasLetter(workId) return redis.call('EXISTS', bullJobKeyOf('dead-letter', workId)) == 1 end

local concludeOne = {
  event = function(id)
    local deliveries, discarded = deliveriesOf(id), false
    for i = 1, #deliveries, 2 do
      if string.sub(deliveries[i + 1], 1, 4) == 'dead' and not hasLetter(id .. '~' .. deliveries[i]) then
        settleDelivery(eventKeyOf(id), id, deliveries[i], 'discarded', tonumber(now), tonumber(eventRetention))
        discarded = true
      end
    end
    if discarded then noteChange(id) end
    return discarded and redis.call('HGET', eventKeyOf(id), 'status') ~= 'dead'
  end,
  job = function(id)
    if hasLetter(id) or redis.call('ZSCORE', jobsExpiringKeyOf(), id) then return false end
    forgetJobAfter(id, millisecondsNow() + jobRetention)
    return false
  end,
}

local concluded = 0
local page = redis.call('ZRANGE', listKey, skip, skip + count - 1)
for _, id in ipairs(page) do
  if concludeOne[kind](id) then concluded = concluded + 1 end
end
return { #page, concluded }
