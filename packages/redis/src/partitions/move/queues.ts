import { PIECE, moveMembers, moveUnion, moveWhole, type Carrier } from './carry.ts';
import type { FoundKey, Step } from './rules.ts';
import { byRoute, isSame, isStaying, keyIn, type Side } from './sides.ts';

/** What BullMQ keeps of a job beside its hash. */
const OF_JOB = [':logs', ':dependencies', ':processed', ':failed', ':unsuccessful'];
/** What it writes anew, or only for those who listen now. */
const PASSING = new Set(
  'marker events stalled stalled-check limiter delay priority metrics dn de'.split(' '),
);
const COLLECTIONS = new Set(['delayed', 'completed', 'failed', 'waiting-children', 'prioritized']);
const LISTS = new Set(['wait', 'paused']);
/** Scores of a fair queue's turns are below those of priorities. */
const FIRST_OF_OTHERS = 0x1_0000_0000;

/** Moves one of BullMQ's keys, where this is its step. @returns how many things have moved */
export async function moveQueueKey(
  carrier: Carrier,
  source: Side,
  { key, values: [queue = '', part = ''] }: FoundKey,
  step: Step,
): Promise<number> {
  const { connection } = source.partition;
  if (part === 'active' && step === 'members')
    throw new Error(`jobs of the queue ${queue} are worked on still`);
  if (LISTS.has(part)) return step === 'members' ? moveList(carrier, source, queue, part) : 0;
  if (COLLECTIONS.has(part)) return step === 'members' ? moveCollection(carrier, source, queue, part) : 0;
  if (part === 'repeat')
    return step === 'members' ? moveMembers(carrier, source, key, async (names) => names.map(() => 0)) : 0;
  if (part === 'meta') return step === 'events' ? moveUnion(carrier, source, key) : 0;
  if (part === 'pc' || part === 'id') return step === 'events' ? raise(carrier, source, key) : 0;
  if (PASSING.has(part) || part.startsWith('metrics:') || part.startsWith('de:') || part.endsWith(':lock')) {
    if (step === 'events') await connection.unlink(key);
    return 0;
  }
  return step === 'jobs' ? moveJob(carrier, source, queue, part) : 0;
}

async function raise({ sides }: Carrier, source: Side, key: string): Promise<number> {
  const { connection } = source.partition;
  const least = (await connection.get(key)) ?? '0';
  for (const dest of sides.to)
    if (!isSame(dest, source))
      await dest.partition.run('raise-number', {
        keys: { target: keyIn(dest, source, key) },
        args: { least },
      });
  if (!isStaying(sides, source)) await connection.unlink(key);
  return 0;
}

/** A job's hash goes after what BullMQ keeps beside it. */
async function moveJob(carrier: Carrier, source: Side, queue: string, part: string): Promise<number> {
  const { connection, keys } = source.partition;
  const ending = OF_JOB.find((each) => part.endsWith(each));
  const id = ending === undefined ? part : part.slice(0, -ending.length);
  const hash = keys.bullJob(queue, id);
  if (ending !== undefined && (await connection.exists(hash)) === 1) return 0;
  const [place = 0] = await carrier.places.ofJobs(source.partition, queue, [id]);
  const others = OF_JOB.map((each) => keys.bullJob(queue, id + each));
  if ((await connection.exists(...others)) > 0)
    await moveWhole(
      carrier,
      source,
      others,
      others.map(() => place),
    );
  return moveWhole(carrier, source, [hash], [place]);
}

/** Moves what BullMQ has in a sorted set; the turns of a fair queue are given anew, in their order. */
async function moveCollection(carrier: Carrier, source: Side, queue: string, part: string): Promise<number> {
  const { connection, keys } = source.partition;
  const key = keys.bullJob(queue, part);
  let moved = 0;
  if (part === 'prioritized' && (await isFair(source, queue))) {
    for (let at = 0; ; at += PIECE) {
      const ids = await connection.zrangebyscore(key, '-inf', `(${FIRST_OF_OTHERS}`, 'LIMIT', at, PIECE);
      if (ids.length === 0) break;
      moved += await lineUp(
        carrier,
        source,
        queue,
        ids.map((id, nth) => ({ id, score: at + nth })),
      );
    }
    await connection.zremrangebyscore(key, '-inf', `(${FIRST_OF_OTHERS}`);
  }
  return (
    moved +
    (await moveMembers(carrier, source, key, (ids) => carrier.places.ofJobs(source.partition, queue, ids)))
  );
}

async function isFair({ partition: { connection, keys } }: Side, queue: string): Promise<boolean> {
  return (await connection.hexists(keys.bullJob(queue, 'meta'), 'fair')) === 1;
}

interface Waiting {
  readonly id: string;
  readonly score: number;
}

/** Writes down which jobs go where, and in which order they are to stand there. */
async function lineUp(
  { sides, places }: Carrier,
  source: Side,
  queue: string,
  waiting: readonly Waiting[],
): Promise<number> {
  const belongs = await places.ofJobs(
    source.partition,
    queue,
    waiting.map(({ id }) => id),
  );
  let moved = 0;
  for (const [dest, those] of byRoute(sides, source, waiting, belongs)) {
    const line = dest.partition.keys.movingJobs(queue);
    await dest.partition.connection.zadd(line, ...those.flatMap(({ id, score }) => [score, id]));
    if (!isSame(dest, source)) moved += those.length;
  }
  return moved;
}

/** Of a fair queue: whatever waits for a turn comes behind all that have one. */
const BEHIND_TURNS = 1e12;
/** As many of one millisecond keep their order. */
const AT_ONCE = 4_096;
/** 2^53 of these. */
const LATEST = 2.19e12;

/**
 * Moves a list of jobs: those of all partitions that come together stand in the order of their time, and those of each in
 * the order in which they stood. All of it is written down before any of it is taken away.
 */
async function moveList(carrier: Carrier, source: Side, queue: string, part: string): Promise<number> {
  const { connection, keys } = source.partition;
  const key = keys.bullJob(queue, part);
  const fair = await isFair(source, queue);
  let [moved, latest, nth] = [0, 0, 0];
  for (let at = 0; ; at += PIECE) {
    const ids = (await connection.lrange(key, -(at + PIECE), -(at + 1))).toReversed();
    // What would be before the first is the first: nothing is left then.
    if (ids.length === 0) break;
    const times = await Promise.all(ids.map((id) => connection.hget(keys.bullJob(queue, id), 'timestamp')));
    const waiting = ids.map((id, index): Waiting => {
      const time = Math.min(Number(times[index] ?? 0) || 0, LATEST);
      nth = time > latest ? 0 : Math.min(nth + 1, AT_ONCE - 1);
      latest = Math.max(latest, time);
      return { id, score: fair ? BEHIND_TURNS + at + index : latest * AT_ONCE + nth };
    });
    // Not jobs, but markers that an old version left.
    moved += await lineUp(
      carrier,
      source,
      queue,
      waiting.filter(({ id }) => !id.startsWith('0:')),
    );
  }
  await connection.unlink(key);
  return moved;
}
