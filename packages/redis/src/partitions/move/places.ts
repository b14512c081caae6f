import { partitionOfEvent, partitionOfId, partitionOfSubject, type EventId } from '@hookline/core';
import { wholeWork } from '../../bullmq/stored-work.ts';
import type { Partition } from '../../client/partition.ts';
import { factsFrom } from '../../events/record.ts';
import type { By } from './rules.ts';

/** A schedule's run, by the clock or by hand: schedules are at home. */
const OF_SCHEDULE = /^(?:repeat:|by-hand~)/;
const MOST_KNOWN = 100_000;

/**
 * Where things belong once there are `count` partitions. What a thing belongs to is asked where it lies: an event is there until
 * everything is gone that is known by it.
 */
export class Places {
  readonly #count: number;
  /** Those of events that were found, by partition and id. */
  readonly #known = new Map<string, number>();

  constructor(count: number) {
    this.#count = count;
  }

  of(source: Partition, by: By, names: readonly string[]): Promise<readonly number[]> {
    switch (by) {
      case 'event':
        return this.#ofEvents(source, names);
      case 'work':
        return this.#ofWorks(source, names);
      case 'subject':
        return Promise.resolve(names.map((digest) => partitionOfSubject(digest, this.#count)));
      case 'job':
        return Promise.all(
          names.map(async (name) => {
            const at = name.indexOf('|');
            const [place = 0] = await this.ofJobs(source, name.slice(0, at), [name.slice(at + 1)]);
            return place;
          }),
        );
    }
  }

  /** Of BullMQ's jobs: each lies with its work. */
  async ofJobs(source: Partition, queue: string, ids: readonly string[]): Promise<readonly number[]> {
    const { connection, keys } = source;
    const works = await Promise.all(
      ids.map(async (id) => {
        const [name, data, schedule] = await connection.hmget(keys.bullJob(queue, id), 'name', 'data', 'rjk');
        return schedule ? `repeat:${schedule}` : workIdOf(id, name ?? '', data ?? '');
      }),
    );
    return this.#ofWorks(source, works);
  }

  async #ofEvents(source: Partition, ids: readonly string[]): Promise<readonly number[]> {
    const found = await Promise.all(ids.map((id) => this.#find(source, id)));
    return found.map((place, at) => place ?? partitionOfId(ids[at] ?? '', this.#count));
  }

  /** Work of an event lies with it; what it enqueued has an id that begins like its own. */
  async #ofWorks(source: Partition, workIds: readonly string[]): Promise<readonly number[]> {
    return Promise.all(
      workIds.map(async (workId) => {
        const end = workId.indexOf('~');
        const place = await this.#find(source, end === -1 ? workId : workId.slice(0, end));
        return place ?? (OF_SCHEDULE.test(workId) ? 0 : partitionOfId(workId, this.#count));
      }),
    );
  }

  /** Where an event belongs that lies in this partition. */
  async #find({ connection, keys, prefix }: Partition, id: string): Promise<number | undefined> {
    const name = `${prefix} ${id}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const [record, status] = await connection.hmget(keys.event(id), 'record', 'status');
    if (record == null && status == null) return undefined;
    // An event without a record is of an earlier version, which knew no subjects.
    const place = record == null ? partitionOfId(id, this.#count) : placeOfRecord(id, record, this.#count);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(name, place);
    return place;
  }
}

function placeOfRecord(id: string, record: string, count: number): number {
  const { source, subject } = factsFrom(record);
  return partitionOfEvent({ id, source, ...(subject === undefined ? {} : { subject }) }, count);
}

/** What a job is of; a dead letter has the id of its work for its own. */
function workIdOf(jobId: string, name: string, data: string): string {
  const work = workFrom(data, jobId, name);
  if (work['kind'] === 'event' || work['kind'] === 'delivery') return String(work['event']) as EventId;
  return typeof work['id'] === 'string' && work['kind'] === 'job' ? work['id'] : jobId;
}

function workFrom(data: string, jobId: string, name: string): Readonly<Record<string, unknown>> {
  try {
    const work = wholeWork(JSON.parse(data), jobId, name);
    return typeof work === 'object' && work !== null ? { ...work } : {};
  } catch {
    return {};
  }
}
