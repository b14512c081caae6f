import type { Places } from './places.ts';
import type { By, FoundKey } from './rules.ts';
import { byRoute, isSame, isStaying, keyIn, routesOf, type Side, type Sides } from './sides.ts';

/**
 * How things are carried from partition to partition: first written there, then taken away here, in pieces. Whatever dies in
 * between, doing the same again ends in the same: what is there already is not there twice.
 */
export interface Carrier {
  readonly sides: Sides;
  readonly places: Places;
}

/** Keys, or members, in one go. */
export const PIECE = 200;

/** Takes a key over as it is, with its time. @returns false when there is one, or none here */
export async function copyKey(source: Side, key: string, dest: Side): Promise<boolean> {
  const { connection } = source.partition;
  const [dump, until] = await Promise.all([
    connection.dumpBuffer(key),
    connection.call('PEXPIRETIME', key) as Promise<number>,
  ]);
  if (dump === null) return false;
  try {
    await dest.partition.connection.restore(
      keyIn(dest, source, key),
      Math.max(0, Number(until)),
      dump,
      'ABSTTL',
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('BUSYKEY')) return false;
    throw error;
  }
}

async function forget({ partition: { connection } }: Side, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await connection.unlink(...keys);
}

/** Moves keys as they are. @param places where each belongs @returns how many */
export async function moveWhole(
  { sides }: Carrier,
  source: Side,
  keys: readonly string[],
  places: readonly number[],
): Promise<number> {
  let moved = 0;
  for (const [dest, those] of byRoute(sides, source, keys, places)) {
    if (isSame(dest, source)) continue;
    await Promise.all(those.map((key) => copyKey(source, key, dest)));
    await forget(source, those);
    moved += those.length;
  }
  return moved;
}

/** Moves keys of which there is one, at home; where there is one already, that counts. */
export async function moveHome({ sides }: Carrier, source: Side, keys: readonly string[]): Promise<number> {
  const [home] = sides.to;
  if (isSame(home, source)) return 0;
  for (const key of keys) await copyKey(source, key, home);
  await forget(source, keys);
  return keys.length;
}

/** Has each partition have these keys, where it has none yet. @param dests only these of them */
export async function moveToEach(
  { sides }: Carrier,
  source: Side,
  keys: readonly string[],
  dests: readonly Side[] = sides.to,
): Promise<number> {
  const others = dests.filter((dest) => !isSame(dest, source));
  const copied = await Promise.all(others.flatMap((dest) => keys.map((key) => copyKey(source, key, dest))));
  if (!isStaying(sides, source)) await forget(source, keys);
  return copied.filter(Boolean).length;
}

/** What is known by an id goes wherever a copy of its event may come. */
export function moveKnown(carrier: Carrier, source: Side, keys: readonly string[]): Promise<number> {
  return moveToEach(carrier, source, keys, routesOf(carrier.sides, source));
}

type Kind = 'set' | 'zset' | 'hash';

/** One member of a collection: a field with its value, a member with its score, or a member alone. */
type Row = readonly [name: string, value: string];

/** Moves the members of a set, a sorted set or a hash, each to where it belongs. @returns how many */
export async function moveMembers(
  carrier: Carrier,
  source: Side,
  key: string,
  placesOf: (names: readonly string[]) => Promise<readonly number[]>,
): Promise<number> {
  const { connection } = source.partition;
  const kind = (await connection.type(key)) as Kind | 'none';
  if (kind === 'none') return 0;
  const until = Number(await connection.call('PEXPIRETIME', key));
  let moved = 0;
  for (let cursor = '0'; ;) {
    const [next, rows] = await scan(source, key, kind, cursor);
    for (let at = 0; at < rows.length; at += PIECE)
      moved += await movePiece(carrier, source, { key, kind, until }, rows.slice(at, at + PIECE), placesOf);
    if (next === '0') return moved;
    cursor = next;
  }
}

async function movePiece(
  { sides }: Carrier,
  source: Side,
  { key, kind, until }: { readonly key: string; readonly kind: Kind; readonly until: number },
  rows: readonly Row[],
  placesOf: (names: readonly string[]) => Promise<readonly number[]>,
): Promise<number> {
  const places = await placesOf(rows.map(([name]) => name));
  let moved = 0;
  for (const [dest, those] of byRoute(sides, source, rows, places)) {
    if (isSame(dest, source)) continue;
    const there = keyIn(dest, source, key);
    await write(dest, there, kind, those);
    if (until > 0) await dest.partition.connection.pexpireat(there, until);
    await remove(source, key, kind, those);
    moved += those.length;
  }
  return moved;
}

async function scan(
  { partition: { connection } }: Side,
  key: string,
  kind: Kind,
  cursor: string,
): Promise<readonly [next: string, rows: readonly Row[]]> {
  switch (kind) {
    case 'set': {
      const [next, names] = await connection.sscan(key, cursor, 'COUNT', PIECE);
      return [next, names.map((name): Row => [name, ''])];
    }
    case 'zset': {
      const [next, pairs] = await connection.zscan(key, cursor, 'COUNT', PIECE);
      return [next, rowsOf(pairs)];
    }
    case 'hash': {
      const [next, pairs] = await connection.hscan(key, cursor, 'COUNT', PIECE);
      return [next, rowsOf(pairs)];
    }
  }
}

function rowsOf(pairs: readonly string[]): readonly Row[] {
  const rows: Row[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) rows.push([pairs[at] ?? '', pairs[at + 1] ?? '']);
  return rows;
}

async function write(
  { partition: { connection } }: Side,
  key: string,
  kind: Kind,
  rows: readonly Row[],
): Promise<unknown> {
  switch (kind) {
    case 'set':
      return connection.sadd(key, ...rows.map(([name]) => name));
    case 'zset':
      return connection.zadd(key, ...rows.flatMap(([name, score]) => [score, name]));
    case 'hash':
      return connection.hset(key, ...rows.flat());
  }
}

async function remove(
  { partition: { connection } }: Side,
  key: string,
  kind: Kind,
  rows: readonly Row[],
): Promise<unknown> {
  const names = rows.map(([name]) => name);
  switch (kind) {
    case 'set':
      return connection.srem(key, ...names);
    case 'zset':
      return connection.zrem(key, ...names);
    case 'hash':
      return connection.hdel(key, ...names);
  }
}

/** Has each partition have the members of a set, or the fields of a hash, that any of them has. */
export async function moveUnion({ sides }: Carrier, source: Side, key: string): Promise<number> {
  const { connection } = source.partition;
  const kind = await connection.type(key);
  const members = kind === 'set' ? await connection.smembers(key) : [];
  const pairs = kind === 'hash' ? Object.entries(await connection.hgetall(key)).flat() : [];
  let added = 0;
  for (const dest of sides.to.filter((each) => !isSame(each, source))) {
    const target = keyIn(dest, source, key);
    if (members.length > 0) added += await dest.partition.connection.sadd(target, ...members);
    if (pairs.length > 0)
      added += await dest.partition.run('union-fields', { keys: { target }, lists: { pairs } });
  }
  if (!isStaying(sides, source)) await forget(source, [key]);
  return added;
}

/** Which fields of a replay count how its work ended. */
const OUTCOMES = '|succeeded|dead|other|';

/** Adds what a partition counted to what is counted at home. */
export async function moveSum({ sides }: Carrier, source: Side, { key, name }: FoundKey): Promise<number> {
  const [home] = sides.to;
  if (isSame(home, source)) return 0;
  const { connection, prefix } = source.partition;
  const [counted, until] = await Promise.all([
    connection.hgetall(key),
    connection.call('PEXPIRETIME', key) as Promise<number>,
  ]);
  const target = keyIn(home, source, key);
  await home.partition.run('add-up', {
    keys: { target, moving: home.partition.keys.moving },
    args: { mark: `${prefix} ${key.slice(prefix.length)}`, which: name === 'replay' ? OUTCOMES : 'all' },
    lists: { pairs: Object.entries(counted).flat() },
  });
  if (Number(until) > 0) await home.partition.connection.pexpireat(target, Number(until));
  await forget(source, [key]);
  return 1;
}

/** Sends members on by what they are known by. */
export function membersBy(carrier: Carrier, source: Side, key: string, by: By): Promise<number> {
  return moveMembers(carrier, source, key, (names) => carrier.places.of(source.partition, by, names));
}
