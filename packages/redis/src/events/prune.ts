import { defineScript, runUntilDone } from '../client/script.ts';
import type { Partition } from '../client/partition.ts';

/** Forgets events whose retention time is over, a few at a time so that the server is never held up. */
const FORGET = defineScript(`
local prefix, now = ARGV[1], ARGV[2]
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 200)
for _, id in ipairs(ids) do
  local event = redis.call('HMGET', prefix .. '/event/' .. id, 'source', 'type', 'status')
  for _, handler in ipairs(redis.call('HKEYS', prefix .. '/deliveries/' .. id)) do
    redis.call('DEL', prefix .. '/attempts/' .. id .. '~' .. handler, prefix .. '/effects/' .. id .. '~' .. handler)
  end
  redis.call('DEL', prefix .. '/event/' .. id, prefix .. '/deliveries/' .. id)
  redis.call('ZREM', prefix .. '/events', id)
  redis.call('ZREM', prefix .. '/events/source/' .. tostring(event[1]), id)
  redis.call('ZREM', prefix .. '/events/type/' .. tostring(event[2]), id)
  redis.call('ZREM', prefix .. '/events/status/' .. tostring(event[3]), id)
  redis.call('ZREM', KEYS[1], id)
end
return #ids
`);

/** @returns how many events were forgotten */
export async function forgetExpired(partition: Partition, now: number): Promise<number> {
  let forgotten = 0;
  for (const list of [partition.keys.expiring, partition.keys.shed])
    forgotten += await runUntilDone(() => partition.run(FORGET, [list], [partition.keys.prefix, now]));
  return forgotten;
}
