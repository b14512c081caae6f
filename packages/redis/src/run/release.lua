--- Puts an attempt back as if it had not begun.
--- @keys  lock, begun
--- @args  token, field
--- @reply released | lost

if redis.call('GET', lockKey) ~= token then return 'lost' end
redis.call('HDEL', begunKey, field)
return 'released'
