import type { AttemptSnapshot, EventId, EventSnapshot, EventStatus, Revision } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { trimStream } from '../client/trim-stream.ts';
import { named } from '../client/row.ts';
import { deliveryFrom } from './deliveries.ts';
import { factsFrom, headersFrom, piecesFrom, UNSETTLED_STATUSES } from './record.ts';

/** What Redis holds of one event, and which state of it that is. */
export interface ReadEvent {
  readonly snapshot: EventSnapshot;
  /** Changes with every step of the event on its way. */
  readonly statusAt: string;
}

export interface ChangeBlock {
  readonly events: readonly ReadEvent[];
  readonly attempts: readonly AttemptSnapshot[];
  /** Where the next block begins; the same as before when nothing has changed. */
  readonly place: Revision;
  /** The newest place of all. Earlier than one that was read before, it is another Redis, or one that lost data. */
  readonly newest: Revision;
  /** The oldest that is not forgotten. One that was forgotten once has come back with a server that took over. */
  readonly oldest: Revision | undefined;
}

/** What happened to events, for the one who records it, and what may be given up once it is recorded. */
export interface Changes {
  /** The next block after this place, with the events as they stand now. */
  read(after: Revision): Promise<ChangeBlock>;
  /** Forgets what was told up to this place. */
  trim(upTo: Revision): Promise<void>;
  /**
   * Gives up those that are settled, and that nothing has happened to since they were read; their ids stay known.
   * @returns those of them that may be given up soon
   */
  giveUp(
    events: readonly ReadEvent[],
  ): Promise<{ readonly given: number; readonly later: readonly EventId[] }>;
  /** Those of these that Redis holds. */
  look(ids: readonly EventId[]): Promise<readonly ReadEvent[]>;
  /** Milliseconds since the oldest change that is not forgotten yet; 0 when there is none. @throws Error while Redis is away */
  lag(): Promise<number>;
  /**
   * Every event that Redis holds, or every settled one, a page at a time, whether it has changed or not. Is told with
   * each `next` how many of the last page were given up.
   */
  all(which: 'all' | 'settled'): AsyncGenerator<readonly ReadEvent[], void, number | undefined>;
}

/** Events in one block: Redis does nothing else while a script reads them. */
const MOST = 250;
/** Larger bodies are fetched one at a time: a script that gathers them would hold Redis up. */
const LARGEST = 32 * 1024;

const FIELDS = ['status', 'statusAt', 'recordedAt', 'settledAt'] as const;

export function openChanges(partition: Partition): Changes {
  return new RedisChanges(partition);
}

/** How long ago the oldest change happened that nobody has recorded yet, in milliseconds; 0 when there is none. */
export async function lagOf({ connection, keys }: Partition): Promise<number> {
  // It would wait for Redis to come back.
  if (connection.status !== 'ready') throw new Error('Redis is away');
  const [[oldest], [seconds, microseconds]] = await Promise.all([
    connection.xrange(keys.changes, '-', '+', 'COUNT', 1),
    connection.time(),
  ]);
  if (oldest === undefined) return 0;
  const now = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  return Math.max(0, now - Number(oldest[0].split('-')[0]));
}

class RedisChanges implements Changes {
  readonly #partition: Partition;

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  async read(after: Revision): Promise<ChangeBlock> {
    const [place, newest, oldest, attempts, events] = (await this.#partition.run('read-changes', {
      keys: { changes: this.#partition.keys.changes },
      args: { after, most: MOST, largest: LARGEST },
      lists: { fields: FIELDS },
    })) as [Buffer, Buffer, Buffer, Buffer[], EventReply[]];
    return {
      events: await this.#eventsFrom(events, String(newest) as Revision),
      attempts: attempts.map((text) => JSON.parse(text.toString()) as AttemptSnapshot),
      place: String(place) as Revision,
      newest: String(newest) as Revision,
      oldest: oldest.length === 0 ? undefined : (String(oldest) as Revision),
    };
  }

  async look(ids: readonly EventId[]): Promise<readonly ReadEvent[]> {
    const [newest, events] = (await this.#partition.run('read-events', {
      args: { largest: LARGEST },
      lists: { fields: FIELDS, ids },
    })) as [Buffer, EventReply[]];
    return this.#eventsFrom(events, String(newest) as Revision);
  }

  lag(): Promise<number> {
    return lagOf(this.#partition);
  }

  trim(upTo: Revision): Promise<void> {
    return trimStream(this.#partition.connection, this.#partition.keys.changes, upTo);
  }

  async giveUp(events: readonly ReadEvent[]): Promise<{ given: number; later: readonly EventId[] }> {
    const settled = events.filter(
      ({ snapshot: { status } }) => status === 'handled' || status === 'unhandled',
    );
    if (settled.length === 0) return { given: 0, later: [] };
    const { keys } = this.#partition;
    const [given, later] = (await this.#partition.run('give-up', {
      keys: { expiring: keys.expiring, shed: keys.shed, unclaimed: keys.eventsUnclaimed },
      each: { events: settled.map(({ snapshot: { id }, statusAt }) => ({ id, statusAt })) },
    })) as [number, Buffer[]];
    return { given, later: later.map((id) => id.toString() as EventId) };
  }

  async *all(which: 'all' | 'settled'): AsyncGenerator<readonly ReadEvent[], void, number | undefined> {
    const { keys } = this.#partition;
    const unsettled = UNSETTLED_STATUSES.map((status) => keys.eventsOfStatus(status));
    const lists = [...(which === 'all' ? unsettled : []), keys.expiring, keys.shed];
    for (const list of lists) {
      for (let start = 0; ;) {
        const [newest, looked, events] = (await this.#partition.run('read-list', {
          keys: { list },
          args: { start, count: MOST, largest: LARGEST },
          lists: { fields: FIELDS },
        })) as [Buffer, number, EventReply[]];
        if (looked === 0) break;
        const gone = yield await this.#eventsFrom(events, String(newest) as Revision);
        start += looked - (gone ?? 0);
      }
    }
  }

  async #eventsFrom(replies: readonly EventReply[], revision: Revision): Promise<readonly ReadEvent[]> {
    const events: ReadEvent[] = [];
    for (const [idBytes, recordBytes, values, whole, deliveries] of replies) {
      const id = idBytes.toString() as EventId;
      const record = recordBytes.toString();
      const facts = factsFrom(record);
      const headers = headersFrom(record);
      const body =
        headers === undefined ? undefined : (whole ?? (await piecesFrom(this.#partition, id, facts.pieces)));
      const row = named(FIELDS, values);
      const { source, provider, providerId, subject, type, receivedAt, verifiedAt, sha256, bodyTrusted } =
        facts;
      events.push({
        snapshot: {
          id,
          revision,
          source,
          provider,
          providerId,
          ...(subject === undefined ? {} : { subject }),
          type,
          status: String(row.status) as EventStatus,
          receivedAt,
          verifiedAt,
          recordedAt: Number(row.recordedAt ?? receivedAt),
          settledAt: row.settledAt === null ? undefined : Number(row.settledAt),
          headers: headers ?? {},
          body,
          sha256,
          bodyTrusted,
          deliveries: pairsOf(deliveries).map(([handler, state]) => deliveryFrom(handler, state)),
        },
        statusAt: String(row.statusAt ?? row.recordedAt),
      });
    }
    return events;
  }
}

type EventReply = readonly [
  id: Buffer,
  record: Buffer,
  values: readonly (Buffer | null)[],
  body: Buffer | null,
  deliveries: readonly Buffer[],
];

function pairsOf(hash: readonly Buffer[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < hash.length; at += 2) pairs.push([String(hash[at]), String(hash[at + 1])]);
  return pairs;
}
