/**
 * Every key of a Redis as the commands that make it, as they go over the wire. What is to expire has as long left as it
 * has now.
 * @param {import('ioredis').Redis} redis
 * @returns {Promise<Buffer>}
 */
export async function commandsOf(redis) {
  const parts = [];
  const add = (...words) => {
    parts.push(Buffer.from(`*${words.length}\r\n`));
    for (const word of words) {
      const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word));
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
    }
  };
  for (let cursor = '0'; ;) {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 1000);
    for (const key of keys.toSorted()) await addKey(redis, key, add);
    cursor = next;
    if (cursor === '0') return Buffer.concat(parts);
  }
}

async function addKey(redis, key, add) {
  const [type, expiry] = await Promise.all([redis.type(key), redis.pttl(key)]);
  switch (type) {
    case 'string':
      add('SET', key, await redis.getBuffer(key));
      break;
    case 'list':
      add('RPUSH', key, ...(await redis.lrangeBuffer(key, 0, -1)));
      break;
    case 'set':
      add('SADD', key, ...(await redis.smembersBuffer(key)));
      break;
    case 'zset': {
      const pairs = (await redis.callBuffer('ZRANGE', key, 0, -1, 'WITHSCORES')).flat();
      add('ZADD', key, ...pairs.map((_, at) => pairs[at % 2 === 0 ? at + 1 : at - 1]));
      break;
    }
    case 'hash':
      add('HSET', key, ...(await redis.callBuffer('HGETALL', key)).flat());
      break;
    case 'stream': {
      for (const [id, fields] of await redis.callBuffer('XRANGE', key, '-', '+'))
        add('XADD', key, id, ...fields.flat());
      const facts = await redis.callBuffer('XINFO', 'STREAM', key);
      add('XSETID', key, facts[facts.findIndex((each) => String(each) === 'last-generated-id') + 1]);
      break;
    }
    default:
      throw new Error(`${key} is a ${type}`);
  }
  if (expiry > 0) add('PEXPIRE', key, expiry);
}
