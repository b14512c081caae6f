import { LATE, within, type IncomingEvent, type Logger } from '@hookline/core';
import { every } from '../client/every.ts';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';

/** By which rule events get their subjects, and for how long an event is known. */
export interface SubjectRules {
  /** By source. */
  readonly rules: ReadonlyMap<string, string>;
  /** Milliseconds. */
  readonly retention: number;
}

/**
 * Finds events that are known where another rule had put them. An event's partition is that of its subject: once a source
 * says otherwise what its events are about, a copy of one that came before goes to another partition, which does not know it.
 */
export interface ChangedSubjects {
  /**
   * The partition that knows this event already, if its source's rule was changed since. Of all others nobody asks.
   * @throws Error when that cannot be told in time
   */
  holderOf(event: IncomingEvent): Promise<Partition | undefined>;
  close(): void;
}

/** Others may begin with another rule at any time; a copy of an event that comes sooner may be taken for a new one. */
const LOOK_MS = 5_000;
/** What is left of half a second is for the acceptance itself. */
const ASK_MS = 100;

export function watchSubjects(
  partitions: Partitions,
  { rules, retention }: SubjectRules,
  now: () => number,
  log: Logger,
): ChangedSubjects {
  const sources = [...rules].map(([name, rule]) => ({ name, rule }));
  let changedAt: ReadonlyMap<string, number> = new Map();
  const { home } = partitions;

  async function look(): Promise<void> {
    if (home.connection.status !== 'ready' || sources.length === 0) return;
    const reply = (await home.run('note-subject-rules', {
      keys: { subjectRules: home.keys.subjectRules },
      each: { sources },
    })) as readonly Buffer[];
    changedAt = new Map(sources.map(({ name }, index) => [name, Number(String(reply[index]))]));
  }
  const onReady = () => void look().catch(() => undefined);
  home.connection.on('ready', onReady);
  const looking = every(
    LOOK_MS,
    look,
    (error) => log.debug('subject rules cannot be noted', { error }),
    'at-once',
  );

  return {
    async holderOf({ id, source }) {
      const since = changedAt.get(source) ?? 0;
      if (since === 0 || since + retention < now()) return undefined;
      const knows = async (partition: Partition) => {
        const { connection, keys } = partition;
        return (await connection.exists(keys.event(id), keys.known(id))) > 0 ? [partition] : [];
      };
      const found = await within(ASK_MS, Promise.all(partitions.all.map(knows)));
      if (found === LATE) throw new Error('a partition that may know the event does not answer');
      return found.flat()[0];
    },
    close() {
      home.connection.off('ready', onReady);
      void looking.stop();
    },
  };
}
