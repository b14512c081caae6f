import {
  equal,
  jobWork,
  OUTPUT_BYTES,
  type JobPage,
  type JobQuery,
  type JobService,
  type JobSummary,
  type NewJob,
} from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import { isReservedJobId } from '../bullmq/job-id.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from '../client/connection.ts';
import { costOfJobs, StoreFullError } from '../gate/admission.ts';
import { actText, noteAct } from '../events/notes.ts';
import type { Gate } from '../gate/gate.ts';
import { isFinishToken, newFinishToken } from './finish-token.ts';
import { openFleet, type Fleet } from '../fleet/fleet.ts';
import { openJobDefinitions, type JobDefinitions } from './definitions.ts';
import {
  newQueuedId,
  QUEUEING_FIELDS,
  queueingFromRow,
  recordFields,
  SUMMARY_FIELDS,
  summaryFromRow,
  type SummaryRow,
} from './record.ts';
import { listJobs } from './list.ts';
import { showJob } from './show.ts';
import type { JobAddition } from '../client/script.ts';
import type { Partition } from '../client/partition.ts';

export interface JobStoreOptions {
  readonly partition: Partition;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly retention: number;
  /** What stands in front of Redis where success is told to somebody outside; without it nothing does. */
  readonly gate?: Pick<Gate, 'keep' | 'keepInBulk'>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Tracked jobs, from the side of those who ask for them. */
export function createJobStore(options: JobStoreOptions): JobService {
  return new RedisJobStore(options);
}

const CANCELLED = JSON.stringify({ name: 'CancelledError', message: 'the job was cancelled' });
const LISTS = { summary: SUMMARY_FIELDS };

type JobAct = 'job.cancel' | 'job.retry';

function actOf(by: string | undefined, action: JobAct, id: string, outcome: string): string {
  return actText(by === undefined ? undefined : { actor: by, action, target: id, outcome });
}

class RedisJobStore implements JobService {
  readonly #partition: Partition;
  readonly #retention: number;
  readonly #gate: Pick<Gate, 'keep' | 'keepInBulk'>;
  #bulk: Partition | undefined;
  readonly #now: () => number;
  readonly #fleet: Fleet;
  readonly #definitions: JobDefinitions;

  constructor({
    partition,
    retention,
    gate = { keep: (write) => write(), keepInBulk: (write) => write(partition.connection) },
    now = Date.now,
  }: JobStoreOptions) {
    this.#partition = partition;
    this.#retention = retention;
    this.#gate = gate;
    this.#now = now;
    this.#fleet = openFleet(partition);
    this.#definitions = openJobDefinitions(this.#fleet);
  }

  async create(jobs: readonly NewJob[], moreMs = 0): ReturnType<JobService['create']> {
    // Its dead letter would have this id, and lie where the queue keeps something of its own.
    const reserved = jobs.map(({ id }) => id).filter(isReservedJobId);
    if (reserved.length > 0) return { kind: 'reserved-id', ids: reserved };
    const found = await this.#definitions.queuesOf([...new Set(jobs.map(({ name }) => name))]);
    if ('unknown' in found) return { kind: 'unknown-name', names: found.unknown, known: found.known };
    const now = this.#now();
    const rows = jobs.map((job) => {
      const queue = found.queues.get(job.name) ?? '';
      const queuedId = newQueuedId(job.id);
      const fields = recordFields({ ...job, queue, queuedId }, now);
      return {
        id: job.id,
        name: job.name,
        queue,
        queuedId,
        fields,
        run: this.#addition(job, queue, queuedId, now),
      };
    });
    const cost = costOfJobs(
      jobs.length,
      rows.flatMap(({ id, name, fields, run }) => [id, name, ...fields, ...run.args]),
    );
    const write = (on: Partition) =>
      on.run('create-jobs', { args: { now, count: on.of }, lists: LISTS, each: { jobs: rows } });
    const kept =
      moreMs === 0
        ? this.#gate.keep(() => write(this.#partition), cost)
        : this.#gate.keepInBulk((on) => write(this.#on(on)), COMMAND_TIMEOUT_MS + moreMs, cost);
    const created = await kept.catch(ifFull);
    if (created instanceof StoreFullError) return { kind: 'full', reason: created.message };
    const summaries = created as SummaryRow[];
    return { kind: 'created', jobs: summaries.map((row, index) => summaryOf(jobs[index]?.id ?? '', row)) };
  }

  async get(id: string, outputBytes = OUTPUT_BYTES): ReturnType<JobService['get']> {
    return showJob(this.#partition, id, outputBytes);
  }

  list(query: JobQuery): Promise<JobPage> {
    return listJobs(this.#partition, query);
  }

  async cancel(id: string, by?: string): ReturnType<JobService['cancel']> {
    const act = actOf(by, 'job.cancel', id, 'cancelled');
    const [kind, queue, queuedId, row] = await this.#partition.run('cancel-job', {
      keys: { job: this.#partition.keys.job(id) },
      args: { id, now: this.#now(), error: CANCELLED, retention: this.#retention, act },
      lists: LISTS,
    });
    if (kind !== 'cancelled') await this.#noteVain(by, 'job.cancel', id, kind);
    if (kind === 'unknown') return { kind };
    if (kind !== 'cancelled') return { kind: 'over', status: kind };
    await this.#tidy('remove', String(queue), String(queuedId));
    return { kind, job: summaryOf(id, row as SummaryRow) };
  }

  async retry(id: string, by?: string): ReturnType<JobService['retry']> {
    const { connection, keys } = this.#partition;
    const kept = queueingFromRow(id, await connection.hmget(keys.job(id), ...QUEUEING_FIELDS));
    if (kept === undefined) {
      await this.#noteVain(by, 'job.retry', id, 'unknown');
      return { kind: 'unknown' };
    }
    const { name, queue: lastQueue, work, priority, queuedId: before } = kept;
    const queue = (await this.#fleet.view()).jobs.get(name)?.queue ?? lastQueue;
    const now = this.#now();
    const queuedId = newQueuedId(id);
    const [kind, row] = await this.#partition.run('retry-job', {
      keys: { job: keys.job(id) },
      args: { id, now, queue, queuedId, token: newFinishToken(), act: actOf(by, 'job.retry', id, 'queued') },
      lists: LISTS,
      add: {
        run: this.#partition.add({
          queue,
          jobId: queuedId,
          name,
          work,
          timestamp: now,
          ...(priority === undefined ? {} : { priority }),
        }),
      },
    });
    if (kind !== 'queued') await this.#noteVain(by, 'job.retry', id, kind);
    if (kind === 'unknown') return { kind };
    if (kind !== 'queued') return { kind: 'not-failed', status: kind };
    await this.#tidy('remove', lastQueue, before);
    return { kind, job: summaryOf(id, row as SummaryRow) };
  }

  /** What changed nothing is written down, too: somebody tried. */
  async #noteVain(by: string | undefined, action: JobAct, id: string, outcome: string): Promise<void> {
    if (by !== undefined) await noteAct(this.#partition, { actor: by, action, target: id, outcome });
  }

  async finish(id: string, result: unknown, token = ''): ReturnType<JobService['finish']> {
    const [kind, queue, queuedId, row] = await this.#gate.keep(() =>
      this.#partition.run('finish-job', {
        keys: { job: this.#partition.keys.job(id) },
        args: {
          id,
          now: this.#now(),
          result: JSON.stringify(result) ?? 'null',
          retention: this.#retention,
          token,
        },
        lists: LISTS,
      }),
    );
    switch (kind) {
      case 'unknown':
      case 'finishes-itself':
      case 'refused':
        return { kind };
      case 'pending':
      case 'succeeded':
      case 'failed':
        return { kind: 'wrong-status', status: kind };
      case 'finished':
        await this.#tidy('promote', String(queue), String(queuedId));
        return { kind, job: summaryOf(id, row as SummaryRow) };
    }
  }

  async mayFinish(id: string, token: string): Promise<boolean> {
    if (!isFinishToken(token)) return false;
    const kept = await this.#partition.connection.hget(this.#partition.keys.job(id), 'token');
    return equal(token, kept ?? newFinishToken());
  }

  /** What is large goes where nothing waits behind it. */
  #on(connection: Connection): Partition {
    if (this.#bulk?.connection !== connection)
      this.#bulk = createPartition(connection, this.#partition.prefix, this.#partition.of);
    return this.#bulk;
  }

  #addition(job: NewJob, queue: string, queuedId: string, timestamp: number): JobAddition {
    const { name, priority, delay } = job;
    return this.#partition.add({
      queue,
      jobId: queuedId,
      name,
      work: jobWork(job),
      timestamp,
      priority,
      ...(delay === undefined ? {} : { delay }),
    });
  }

  /** Wakes or removes the BullMQ job of work that is over. One that cannot be reached now ends by itself later. */
  async #tidy(action: 'promote' | 'remove', queue: string, queuedId: string): Promise<void> {
    try {
      await this.#partition[action](queue, queuedId);
    } catch {
      // It runs, or is not where it was: whoever runs it finds the work over.
    }
  }
}

function ifFull(error: unknown): StoreFullError {
  if (error instanceof StoreFullError) return error;
  throw error;
}

function summaryOf(id: string, row: SummaryRow): JobSummary {
  const job = summaryFromRow(id, row);
  if (job === undefined) throw new Error(`job ${id} was not kept`);
  return job;
}
