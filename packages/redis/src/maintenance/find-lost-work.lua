--- Looks at one page of unsettled work and says which of it seems to have no job. `from` and `skip` are where the page
--- begins: a score, and how many of that score are known already; `age` is how long ago it must have moved last.
--- Answers with how many were looked at, where the next page begins, and of each that seems lost its id, handler, queue,
--- job id, whereabouts and motion.
--- @include event, whereabouts
--- @keys    list
--- @args    kind, from, skip, count, age, queueByHandler
--- @reply   looked, from, skip, lost

local before, lost = millisecondsNow() - tonumber(age), {}
local queueOf = cjson.decode(queueByHandler)

local function look(id, handler, queue, jobId)
  local where = whereIs(queue, jobId)
  if where == 'held' or where == 'listed' then return end
  lost[#lost + 1] = { id, handler, queue, jobId, where, where == 'unlisted' and motionOf(queue, jobId) or '' }
end

local lookAt = {
  event = function(id)
    local since = statusAtOf(eventKeyOf(id))
    if since and tonumber(since) <= before then look(id, '', 'default', id) end
  end,
  delivery = function(id)
    local since = statusAtOf(eventKeyOf(id))
    if not since or tonumber(since) > before then return end
    local deliveries = deliveriesOf(id)
    for i = 1, #deliveries, 2 do
      local handler = deliveries[i]
      if deliveries[i + 1] == 'pending' then
        local queue, jobId = jobOfDelivery(id, handler)
        look(id, handler, queue or queueOf[handler] or 'default', jobId or (id .. '~' .. handler))
      end
    end
  end,
  job = function(id)
    local since, queue, jobId = unpack(redis.call('HMGET', jobKeyOf(id), 'updated', 'queue', 'queuedId'))
    if since and queue and jobId and tonumber(since) <= before then look(id, '', queue, jobId) end
  end,
}

local page = redis.call('ZRANGEBYSCORE', listKey, from, '+inf', 'WITHSCORES', 'LIMIT', skip, count)
local last, ties = from, tonumber(skip)
for i = 1, #page, 2 do
  lookAt[kind](page[i])
  if page[i + 1] ~= last then last, ties = page[i + 1], 0 end
  ties = ties + 1
end
return { #page / 2, last, ties, lost }
