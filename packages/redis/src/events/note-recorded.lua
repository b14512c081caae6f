--- Notes that everything which Redis holds was recorded once. It deletes before it sets: a Redis at its limit refuses a
--- script whose first write takes memory, and who records is who makes room there.
--- @keys  recordedOnce
--- @reply ok

redis.call('DEL', recordedOnceKey)
redis.call('SET', recordedOnceKey, '1')
return 'ok'
