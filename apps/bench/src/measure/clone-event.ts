import type { ControlConnection } from './redis-info.ts';

/** What Redis holds of one waiting event, and how more of the same are made of it. */
interface Plan {
  /** Keys that are the event's own, with those of their fields that name it. */
  readonly hashes: readonly {
    readonly key: string;
    readonly fields: readonly (readonly [string, string])[];
  }[];
  /** Lists, sets and sorted sets in which it is. */
  readonly places: readonly {
    readonly key: string;
    readonly type: 'list' | 'set' | 'zset';
    readonly member: string;
    readonly score?: string;
  }[];
  readonly entries: readonly { readonly key: string; readonly fields: readonly string[] }[];
}

const CLONE = `
local plan, model, run = cjson.decode(ARGV[1]), ARGV[2], ARGV[3]
for n = tonumber(ARGV[4]), tonumber(ARGV[5]) do
  local id = string.format('evt_%s%08d', run, n)
  local function own(text) return (string.gsub(text, model, id)) end
  for _, hash in ipairs(plan.hashes) do
    local key = own(hash.key)
    redis.call('COPY', hash.key, key)
    for _, field in ipairs(hash.fields) do redis.call('HSET', key, field[1], own(field[2])) end
  end
  for _, place in ipairs(plan.places) do
    local member = own(place.member)
    if place.type == 'list' then redis.call('LPUSH', place.key, member)
    elseif place.type == 'set' then redis.call('SADD', place.key, member)
    else redis.call('ZADD', place.key, place.score, member) end
  end
  for _, entry in ipairs(plan.entries) do
    local fields = {}
    for at, text in ipairs(entry.fields) do fields[at] = own(text) end
    redis.call('XADD', entry.key, '*', unpack(fields))
  end
end`;
const CHUNK = 500;

/**
 * Makes many waiting events of one that was accepted, so that a million need no million requests. It knows nothing
 * of what lies where: whatever names the event is made again under another id.
 * @param model the id of the one that is there: `evt_` and 16 letters and digits
 * @param run eight letters and digits of the new ids
 */
export async function cloneEvent(
  redis: ControlConnection,
  model: string,
  run: string,
  count: number,
): Promise<void> {
  const plan = JSON.stringify(await planOf(redis, model));
  const sha = String(await redis.script('LOAD', CLONE));
  for (let from = 0; from < count; from += CHUNK)
    await redis.evalsha(sha, 0, plan, model, run, from, Math.min(from + CHUNK, count) - 1);
}

async function planOf(redis: ControlConnection, model: string): Promise<Plan> {
  const plan = {
    hashes: [] as Plan['hashes'][number][],
    places: [] as Plan['places'][number][],
    entries: [] as Plan['entries'][number][],
  };
  for (const key of await keysOf(redis, model)) {
    const type = await redis.type(key);
    if (key.includes(model)) {
      if (type !== 'hash') throw new Error(`${key} is a ${type}: only hashes can be made again`);
      const fields = Object.entries(await redis.hgetall(key));
      // A body stays as it is, since its hash lies beside it.
      plan.hashes.push({
        key,
        fields: fields.filter(([name, value]) => name !== 'body' && value.includes(model)),
      });
    } else if (type === 'list') {
      const members = await redis.lrange(key, 0, -1);
      for (const member of members) if (member.includes(model)) plan.places.push({ key, type, member });
    } else if (type === 'set') {
      const members = await redis.smembers(key);
      for (const member of members) if (member.includes(model)) plan.places.push({ key, type, member });
    } else if (type === 'zset') {
      const found = (await redis.zscan(key, 0, 'MATCH', `*${model}*`, 'COUNT', 10_000_000))[1];
      const [member, score] = found;
      if (member !== undefined && score !== undefined) plan.places.push({ key, type, member, score });
    } else if (type === 'stream' && !key.endsWith(':events')) {
      // BullMQ's own stream of events is cut to a length anyway.
      for (const [, fields] of await redis.xrevrange(key, '+', '-', 'COUNT', 100))
        if (fields.some((text) => text.includes(model))) plan.entries.push({ key, fields });
    }
  }
  return plan;
}

/** Those of other events are left out: there may be thousands. */
async function keysOf(redis: ControlConnection, model: string): Promise<readonly string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 10_000);
    for (const key of keys) if (key.includes(model) || !/evt_\w{16}/.test(key)) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}
