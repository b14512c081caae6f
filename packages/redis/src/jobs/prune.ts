import { defineScript, runUntilDone } from '../client/script.ts';
import type { Partition } from '../client/partition.ts';

/** Forgets tracked jobs whose retention time is over, a few at a time so that the server is never held up. */
const FORGET_JOBS = defineScript(`
local prefix, now = ARGV[1], ARGV[2]
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 200)
for _, id in ipairs(ids) do
  local key = prefix .. '/job/' .. id
  local name, status = unpack(redis.call('HMGET', key, 'name', 'status'))
  redis.call('DEL', key, key .. '/stream', prefix .. '/attempts/' .. id, prefix .. '/effects/' .. id)
  redis.call('ZREM', prefix .. '/jobs', id)
  redis.call('ZREM', prefix .. '/jobs/name/' .. tostring(name), id)
  redis.call('ZREM', prefix .. '/jobs/name/' .. tostring(name) .. '/' .. tostring(status), id)
  redis.call('ZREM', prefix .. '/jobs/status/' .. tostring(status), id)
  redis.call('ZREM', KEYS[1], id)
end
return #ids
`);

/** @returns how many jobs were forgotten */
export async function forgetJobs(partition: Partition, now: number): Promise<number> {
  return runUntilDone(() =>
    partition.run(FORGET_JOBS, [partition.keys.jobsExpiring], [partition.keys.prefix, now]),
  );
}
