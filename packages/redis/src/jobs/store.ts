import {
  isFinal,
  type JobPage,
  type JobService,
  type JobStatus,
  type JobSummary,
  type NewJob,
  type Work,
} from '@hookline/core';
import { costOfJobs, StoreFullError } from '../gate/admission.ts';
import { openQuietQueue } from '../bullmq/add-job.ts';
import type { Gate } from '../gate/gate.ts';
import { isSameToken, newFinishToken } from './finish-token.ts';
import { openJobDefinitions } from './definitions.ts';
import {
  newQueuedId,
  QUEUEING_FIELDS,
  queueingFromRow,
  recordFields,
  stepFromFields,
  summaryFromRow,
  type SummaryRow,
} from './record.ts';
import { CANCEL_JOB, CREATE_JOBS, FINISH_JOB, LIST_JOBS, RETRY_JOB, SUMMARY_FIELDS } from './job-scripts.ts';
import { readFrames } from './stream.ts';
import { runScript, type ScriptArg } from '../client/script.ts';
import type { Partition } from '../client/partition.ts';

export interface JobStoreOptions {
  readonly partition: Partition;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly retention: number;
  /** What stands in front of Redis where success is told to somebody outside; without it nothing does. */
  readonly gate?: Pick<Gate, 'keep'>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Tracked jobs, from the side of those who ask for them. */
export function createJobStore({
  partition,
  retention,
  gate = { keep: (write) => write() },
  now = Date.now,
}: JobStoreOptions): JobService {
  const definitions = openJobDefinitions(partition, now);

  function prepare(job: NewJob, queue: string, queuedId: string, time: number) {
    const { id, name, data, priority, delay, options, metadata } = job;
    const work: Work = {
      kind: 'job',
      id,
      data,
      ...(options === undefined ? {} : { options }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    return partition.add({
      queue,
      jobId: queuedId,
      name,
      work,
      timestamp: time,
      priority,
      ...(delay === undefined ? {} : { delay }),
    });
  }

  /** Wakes or removes the BullMQ job of work that is over. One that cannot be reached now ends by itself later. */
  async function tidy(action: 'promote' | 'remove', queue: string, queuedId: string): Promise<void> {
    try {
      await (
        await openQuietQueue(queue, partition.connection, partition.prefix).getJob(queuedId)
      )?.[action]();
    } catch {
      // It runs, or is not where it was: whoever runs it finds the work over.
    }
  }

  return {
    async create(jobs) {
      const found = await definitions.queuesOf([...new Set(jobs.map(({ name }) => name))]);
      if ('unknown' in found) return { kind: 'unknown-name', names: found.unknown, known: found.known };
      const time = now();
      const scriptKeys: string[] = [];
      const args: ScriptArg[] = [partition.prefix, time, jobs.length];
      for (const job of jobs) {
        const queue = found.queues.get(job.name) ?? '';
        const queuedId = newQueuedId(job.id);
        const add = prepare(job, queue, queuedId, time);
        const fields = recordFields({ ...job, queue, queuedId }, time);
        scriptKeys.push(...add.keys);
        args.push(
          job.id,
          job.name,
          queue,
          queuedId,
          add.script,
          add.keys.length,
          fields.length,
          ...add.args,
          ...fields,
        );
      }
      const create = () => partition.run(CREATE_JOBS, scriptKeys, args);
      const created = await gate.keep(create, costOfJobs(jobs.length, args)).catch(ifFull);
      if (created instanceof StoreFullError) return { kind: 'full', reason: created.message };
      const rows = created as SummaryRow[];
      return { kind: 'created', jobs: rows.map((row, index) => summary(jobs[index]?.id ?? '', row)) };
    },

    async get(id) {
      const [row, frames] = await Promise.all([
        partition.connection.hmgetBuffer(partition.keys.job(id), ...SUMMARY_FIELDS),
        readFrames(partition.connection, partition.keys.jobStream(id)),
      ]);
      const job = summaryFromRow(id, row);
      if (job === undefined) return undefined;
      const steps = frames.filter(({ type }) => type === 'progress');
      return { ...job, output: steps.map(({ fields }) => stepFromFields(fields)) };
    },

    async list({ status, name, after = '', count }): Promise<JobPage> {
      const reply = await partition.run(
        LIST_JOBS,
        [partition.keys.jobs(name, status)],
        [partition.prefix, after, count],
      );
      if (!Array.isArray(reply)) return { kind: 'unknown-cursor' };
      const jobs = (reply as [Buffer, SummaryRow][]).flatMap(
        ([id, row]) => summaryFromRow(id.toString(), row) ?? [],
      );
      const page = jobs.slice(0, count);
      const last = page.at(-1);
      return {
        kind: 'page',
        jobs: page,
        ...(jobs.length > count && last !== undefined ? { next: last.id } : {}),
      };
    },

    async cancel(id) {
      const error = JSON.stringify({ name: 'CancelledError', message: 'the job was cancelled' });
      const args = [partition.prefix, id, now(), error, retention];
      const { kind, rest } = await change(CANCEL_JOB, [partition.keys.job(id)], args);
      if (kind === 'unknown') return { kind };
      if (kind !== 'cancelled') return { kind: 'over', status: kind as JobStatus };
      const [queue, queuedId, row] = rest as [Buffer, Buffer, SummaryRow];
      await tidy('remove', String(queue), String(queuedId));
      return { kind, job: summary(id, row) };
    },

    async retry(id) {
      const key = partition.keys.job(id);
      const kept = queueingFromRow(id, await partition.connection.hmget(key, ...QUEUEING_FIELDS));
      if (kept === undefined) return { kind: 'unknown' };
      const { name, queue, work, priority, queuedId: before } = kept;
      const queuedId = newQueuedId(id);
      const add = partition.add({
        queue,
        jobId: queuedId,
        name,
        work,
        timestamp: now(),
        ...(priority === undefined ? {} : { priority }),
      });
      const { kind, rest } = await change(
        RETRY_JOB,
        [key, ...add.keys],
        [
          partition.prefix,
          id,
          now(),
          queue,
          queuedId,
          newFinishToken(),
          add.script,
          add.keys.length,
          ...add.args,
        ],
      );
      if (kind === 'unknown') return { kind };
      if (kind !== 'queued') return { kind: 'not-failed', status: kind as JobStatus };
      await tidy('remove', queue, before);
      return { kind, job: summary(id, rest[0] as SummaryRow) };
    },

    async finish(id, result, token = '') {
      const json = JSON.stringify(result) ?? 'null';
      const args = [partition.prefix, id, now(), json, retention, token];
      const { kind, rest } = await gate.keep(() => change(FINISH_JOB, [partition.keys.job(id)], args));
      if (kind === 'unknown' || kind === 'finishes-itself' || kind === 'refused') return { kind };
      if (kind === 'pending' || isFinal(kind as JobStatus))
        return { kind: 'wrong-status', status: kind as 'pending' | 'succeeded' | 'failed' };
      const [queue, queuedId, row] = rest as [Buffer, Buffer, SummaryRow];
      await tidy('promote', String(queue), String(queuedId));
      return { kind: 'finished', job: summary(id, row) };
    },

    async mayFinish(id, token) {
      const kept = await partition.connection.hget(partition.keys.job(id), 'token');
      return isSameToken(token, kept ?? newFinishToken());
    },
  };

  async function change(
    script: Parameters<typeof runScript>[1],
    scriptKeys: readonly string[],
    args: readonly ScriptArg[],
  ): Promise<{ kind: string; rest: readonly unknown[] }> {
    const [kind, ...rest] = (await partition.run(script, scriptKeys, args)) as unknown[];
    return { kind: String(kind), rest };
  }
}

function ifFull(error: unknown): StoreFullError {
  if (error instanceof StoreFullError) return error;
  throw error;
}

function summary(id: string, row: SummaryRow): JobSummary {
  const job = summaryFromRow(id, row);
  if (job === undefined) throw new Error(`job ${id} was not kept`);
  return job;
}
