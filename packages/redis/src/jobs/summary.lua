--- What a reader is told of a job: the fields that the caller names, in the caller's order.
--- @lists summary

local function summaryOf(id) return redis.call('HMGET', jobKeyOf(id), unpack(summary)) end
