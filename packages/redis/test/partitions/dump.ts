import type { Partitions } from '../../src/client/partitions.ts';
import { keyFound } from '../../src/partitions/move/rules.ts';

/** All that lies in some partitions as if it lay in one, without what a move takes away or says of itself. */
export async function dumpOf({ all }: Pick<Partitions, 'all'>): Promise<Readonly<Record<string, unknown>>> {
  const dump: Record<string, unknown> = {};
  for (const partition of all) {
    const { connection, prefix, keys: names } = partition;
    for (let cursor = '0'; ;) {
      const [next, keys] = (await partition.run('scan-keys', {
        keys: { queues: names.queues },
        args: { cursor, pattern: `${prefix}[/:]*` },
      })) as [Buffer, Buffer[]];
      for (const key of keys.map(String)) {
        const found = keyFound(prefix, key);
        const name = key.slice(prefix.length);
        if (found === undefined || found.rule.kind === 'stays' || found.rule.kind === 'drop') continue;
        if (/:(?:marker|events|stalled|stalled-check|pc|id|.*:lock)$/.test(name)) continue;
        const value = await valueOf(connection, key);
        if (value === undefined) continue;
        // Turns are given anew, in their order.
        const isTurns = name.endsWith(':turns:prioritized');
        const place = isTurns ? ':turns:wait' : name;
        dump[place] = merged(dump[place], isTurns ? byScore(value as Record<string, string>) : value);
      }
      cursor = String(next);
      if (cursor === '0') break;
    }
  }
  return sorted(dump);
}

/** What stands in a list of a partition where it is not: it went elsewhere than what knows of it. */
export async function strays({ all }: Pick<Partitions, 'all'>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { connection, keys } of all) {
    const missing = async (list: string, ids: readonly string[], keyOf: (id: string) => string) => {
      for (const id of ids) if ((await connection.exists(keyOf(id))) === 0) found.push(`${list}: ${id}`);
    };
    const events = ['queued', 'received', 'dispatched', 'dead'].map((status) => keys.eventsOfStatus(status));
    for (const list of [...events, keys.expiring, keys.shed])
      await missing(list, await connection.zrange(list, '0', '-1'), (id) => keys.event(id));
    await missing(keys.jobs, await connection.zrange(keys.jobs, '0', '-1'), (id) => keys.job(id));
    for (const queue of await connection.smembers(keys.queues)) {
      const job = (id: string) => keys.bullJob(queue, id);
      await missing(job('wait'), await connection.lrange(job('wait'), '0', '-1'), job);
      for (const set of ['delayed', 'prioritized', 'completed', 'failed'])
        await missing(job(set), await connection.zrange(job(set), '0', '-1'), job);
    }
  }
  return found;
}

async function valueOf(connection: Partitions['home']['connection'], key: string): Promise<unknown> {
  const ttl = await connection.pttl(key);
  const timed = (value: unknown) => (ttl > 0 ? { timed: true, value } : value);
  switch (await connection.type(key)) {
    case 'string':
      return timed(await connection.get(key));
    case 'hash':
      return timed(await connection.hgetall(key));
    case 'set':
      return timed(Object.fromEntries((await connection.smembers(key)).map((member) => [member, true])));
    case 'zset': {
      const rows = await connection.zrange(key, '0', '-1', 'WITHSCORES');
      return timed(
        Object.fromEntries(rows.flatMap((row, at) => (at % 2 === 0 ? [[row, rows[at + 1]]] : []))),
      );
    }
    case 'list':
      return timed(await connection.lrange(key, 0, -1));
    case 'stream':
      return streamOf(key, await connection.xrange(key, '-', '+'));
    default:
      return undefined;
  }
}

/** The last first, as in a list that is taken from at its end. */
function byScore(rows: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(rows)
    .toSorted(([, a], [, b]) => Number(b) - Number(a))
    .map(([member]) => member);
}

/** Of changes only what was told of attempts stands nowhere else. */
function streamOf(key: string, entries: readonly (readonly [string, readonly string[]])[]): unknown {
  if (!key.endsWith('/changes')) return entries.map(([id, fields]) => [id, ...fields]);
  const told = entries.flatMap(([, fields]) =>
    fields.flatMap((field, at) => (at % 2 === 0 && field === 'attempt' ? [fields[at + 1] ?? ''] : [])),
  );
  return told.length === 0 ? undefined : Object.fromEntries(told.map((text) => [text, true]));
}

function merged(one: unknown, other: unknown): unknown {
  if (one === undefined) return other;
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  if (typeof one === 'object' && typeof other === 'object') return { ...one, ...other };
  return one;
}

function sorted(value: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    ),
  ) as Readonly<Record<string, unknown>>;
}
