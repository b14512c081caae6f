import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import { defineScript, runScript, type Script } from './script.ts';

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
export async function forgetExpired(connection: Connection, keys: Keys, now: number): Promise<number> {
  let forgotten = 0;
  for (const list of [keys.expiring, keys.shed])
    forgotten += await forgetAll(connection, FORGET, list, keys.prefix, now);
  return forgotten;
}

/** The same for tracked jobs. */
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
export async function forgetJobs(connection: Connection, keys: Keys, now: number): Promise<number> {
  return forgetAll(connection, FORGET_JOBS, keys.jobsExpiring, keys.prefix, now);
}

async function forgetAll(
  connection: Connection,
  script: Script,
  list: string,
  prefix: string,
  now: number,
): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const count = Number(await runScript(connection, script, [list], [prefix, now]));
    forgotten += count;
    if (count === 0) return forgotten;
  }
}
