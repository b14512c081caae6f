import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisCommand } from '../fleet/redis-command.ts';

/**
 * What Redis holds when nothing moves any more, read by plain commands: a judge does not look through the code that
 * it judges.
 */
export interface StoredEvent {
  /** Hookline's id. */
  readonly event: string;
  /** The provider's. */
  readonly id: string;
  readonly status: string;
  /** Whether the stored bytes are the ones whose hash is stored with them, and that hash. */
  readonly sha: string;
  readonly intact: boolean;
  /** Handler → pending, succeeded or dead. */
  readonly deliveries: Readonly<Record<string, string>>;
  /** Whether a handler may yet appear that wants it. */
  readonly isUnclaimed: boolean;
}

export interface StoredDeadLetter {
  readonly event: string;
  readonly handler: string;
  readonly reason: string;
  readonly attempts: number;
}

export interface AtRest {
  readonly events: readonly StoredEvent[];
  readonly deadLetters: readonly StoredDeadLetter[];
  /** Jobs that wait, run or are delayed, schedules' next ones left out. */
  readonly liveJobs: readonly string[];
  /** Jobs whose data is there but that no list holds. */
  readonly orphanJobs: readonly string[];
  /** What the sweeper has repaired, by kind. */
  readonly repairs: Readonly<Record<string, number>>;
}

const CHUNK = 500;
const UNFINISHED = ['received', 'queued', 'dispatched'];
/** Where events stand: those that are not through, and those that are and that Redis still holds. */
const LISTS = [...UNFINISHED.map((status) => `status/${status}`), 'status/dead', 'expiring', 'shed'];

/** Of one partition, or of all of them together. */
export interface Auditor {
  /** How much is not through: events without an end, and jobs that are still to run. */
  unfinished(): Promise<number>;
  /** How much is not in the history: changes that nobody has recorded, and settled events that have not left Redis for it. */
  unrecorded(): Promise<number>;
  read(): Promise<AtRest>;
  close(): void;
}

/** What Redis's record of an event says of it, on its first line: times, names, its size in pieces and its hash. */
function factsOf(record: string | null): { id: string; pieces: number; sha: string } {
  const [line = '[]'] = (record ?? '[]').split('\n');
  const [, , , , id, , pieces, sha] = JSON.parse(line) as readonly unknown[];
  return { id: String(id), pieces: Number(pieces ?? 1), sha: String(sha) };
}

function hashOf(pieces: readonly (Buffer | null)[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece ?? '');
  return hash.digest('hex');
}

/** Where a partition is by now, on this machine. */
export interface PartitionPlace {
  readonly port: number;
  readonly prefix: string;
}

/** Audits one partition. */
export function openPartitionAuditor({ port, prefix }: PartitionPlace): Auditor {
  const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 3, commandTimeout: 20_000 });
  redis.on('error', () => undefined);

  async function queues(): Promise<string[]> {
    return (await redis.smembers(`${prefix}/queues`)).filter((name) => name !== 'dead-letter');
  }

  async function liveJobs(): Promise<string[]> {
    const live: string[] = [];
    for (const queue of await queues()) {
      const key = (state: string): string => `${prefix}:${queue}:${state}`;
      const lists = await Promise.all([
        redis.lrange(key('wait'), '0', '-1'),
        redis.lrange(key('active'), '0', '-1'),
        redis.lrange(key('paused'), '0', '-1'),
        redis.zrange(key('prioritized'), '0', '-1'),
        redis.zrange(key('delayed'), '0', '-1'),
      ]);
      live.push(...lists.flat().map((id) => `${queue}:${id}`));
    }
    return live.filter((id) => !id.includes(':repeat:') && !id.includes(':canary'));
  }

  async function orphanJobs(live: readonly string[]): Promise<string[]> {
    const orphans: string[] = [];
    const known = new Set(live);
    for (const queue of await queues()) {
      const ended = await Promise.all(
        ['completed', 'failed', 'waiting-children'].map((state) =>
          redis.zrange(`${prefix}:${queue}:${state}`, '0', '-1'),
        ),
      );
      for (const id of ended.flat()) known.add(`${queue}:${id}`);
      const start = `${prefix}:${queue}:`;
      let cursor = '0';
      do {
        const [next, keys] = await redis.scan(
          cursor,
          'MATCH',
          `${start.replaceAll('{', '\\{')}*`,
          'COUNT',
          1000,
          'TYPE',
          'hash',
        );
        cursor = next;
        for (const key of keys) {
          const id = key.slice(start.length);
          if (id === 'meta' || id.startsWith('repeat:') || id.startsWith('metrics') || id.includes('canary'))
            continue;
          if (!known.has(`${queue}:${id}`)) orphans.push(`${queue}:${id}`);
        }
      } while (cursor !== '0');
    }
    return orphans;
  }

  async function unclaimed(): Promise<ReadonlySet<string>> {
    return new Set(await redis.zrange(`${prefix}/events/unclaimed`, '0', '-1'));
  }

  async function events(): Promise<StoredEvent[]> {
    const lists = LISTS.map((list) => `${prefix}/events/${list}`);
    const listed = await Promise.all(lists.map((list) => redis.zrange(list, '0', '-1')));
    const ids = [...new Set(listed.flat())];
    const waiting = await unclaimed();
    const found: StoredEvent[] = [];
    for (let from = 0; from < ids.length; from += CHUNK) {
      const part = ids.slice(from, from + CHUNK);
      const rows = await Promise.all(
        part.map(async (event) => {
          const key = `${prefix}/event/${event}`;
          const [[status, shedAt, to], record, body] = await Promise.all([
            redis.hmget(key, 'status', 'shedAt', 'to'),
            redis.hget(key, 'record'),
            redis.hgetBuffer(key, 'body'),
          ]);
          const { id, pieces, sha } = factsOf(record);
          const handlers = String(to ?? '')
            .split(' ')
            .filter((name) => name !== '');
          const states = await Promise.all(handlers.map((name) => redis.hget(key, `d/${name}`)));
          const rest = Array.from({ length: pieces - 1 }, (_, index) => `body${index + 1}`);
          const more = rest.length === 0 ? [] : await redis.hmgetBuffer(key, ...rest);
          return {
            event,
            id,
            status: String(status),
            sha,
            // One that was shed gave its body up on purpose, after it was handled.
            intact: body == null ? shedAt != null : hashOf([body, ...more]) === sha,
            deliveries: Object.fromEntries(
              handlers.map((handler, index) => [handler, states[index]?.split('|')[0] ?? '']),
            ),
            isUnclaimed: waiting.has(event),
          };
        }),
      );
      found.push(...rows);
    }
    return found;
  }

  async function deadLetters(): Promise<StoredDeadLetter[]> {
    const queue = `${prefix}:dead-letter:`;
    const ids = await redis.lrange(`${queue}wait`, '0', '-1');
    const letters = await Promise.all(ids.map((id) => redis.hget(queue + id, 'data')));
    return letters.map((json, index) => {
      const letter = JSON.parse(json ?? '{}') as Partial<{
        eventId: string;
        handler: string;
        job: string;
        reason: string;
        attempts: unknown[];
      }>;
      return {
        event: letter.eventId ?? ids[index] ?? '',
        handler: letter.handler ?? letter.job ?? '',
        reason: letter.reason ?? '',
        attempts: letter.attempts?.length ?? 0,
      };
    });
  }

  return {
    async unfinished() {
      const open = await Promise.all(
        UNFINISHED.map((status) => redis.zcard(`${prefix}/events/status/${status}`)),
      );
      return open.reduce((sum, count) => sum + count, 0) + (await liveJobs()).length;
    },
    async unrecorded() {
      const [changes, waiting, ...settled] = await Promise.all([
        redis.xlen(`${prefix}/changes`),
        unclaimed(),
        ...['expiring', 'shed'].map((list) => redis.zrange(`${prefix}/events/${list}`, '0', '-1')),
      ]);
      return changes + settled.flat().filter((event) => !waiting.has(event)).length;
    },
    async read() {
      const live = await liveJobs();
      const sweeper = await redis.hgetall(`${prefix}/sweeper`);
      return {
        events: await events(),
        deadLetters: await deadLetters(),
        liveJobs: live,
        orphanJobs: await orphanJobs(live),
        repairs: Object.fromEntries(
          Object.entries(sweeper).flatMap(([kind, count]) =>
            kind.endsWith('At') || kind === 'orphans' ? [] : [[kind, Number(count)]],
          ),
        ),
      };
    },
    close: () => redis.disconnect(),
  };
}

/** Which of these events left Redis for the history: it knows no more of them than their ids. @throws Error while it is away */
export async function givenUpOf(
  events: readonly string[],
  places: readonly PartitionPlace[],
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const { port, prefix } of places) {
    for (let from = 0; from < events.length; from += CHUNK) {
      const part = events.slice(from, from + CHUNK);
      const args = part.map((event) => `${prefix}/known/${event}`);
      const known = (await redisCommand({ port, name: 'MGET', args })) as readonly unknown[];
      gone.push(...part.filter((_, index) => known[index] != null));
    }
  }
  return gone;
}
