--- One step through all keys; a script, because in a cluster a bare SCAN would ask any node.
--- @keys  queues
--- @args  cursor, pattern
--- @reply cursor, found

return redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)
