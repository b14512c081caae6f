import { DEAD_LETTER_QUEUE, DEFAULT_QUEUE, isName, type JobRunOptions } from '@hookline/core';
import type { Job } from 'bullmq';
import { openQuietQueue } from '../../bullmq/add-job.ts';
import { workOf, type BullJob } from '../../bullmq/job-data.ts';
import { stepFromFields, SUMMARY_FIELDS, summaryFromRow } from '../record.ts';
import { readFrames } from '../stream.ts';
import type { MovedJob, MovedQueued, MovedRecord } from './moved-job.ts';
import type { Partition } from '../../client/partition.ts';
import { named } from '../../client/row.ts';

const PAGE = 100;

/** Every job that is to move; see `JobTransfer.export`. */
export async function* exportJobs(partition: Partition): AsyncGenerator<MovedJob, void, undefined> {
  yield* records(partition);
  for (const queue of await findQueues(partition)) yield* queued(partition, queue);
}

async function* records(partition: Partition): AsyncGenerator<MovedRecord, void, undefined> {
  let [place, after] = ['0', ''];
  for (;;) {
    const reply = await partition.run('next-ids', {
      keys: { jobs: partition.keys.jobs },
      args: { from: place, after, count: PAGE },
    });
    const [last, found] = reply as [Buffer, Buffer[]];
    const ids = found.map(String);
    const page = await Promise.all(ids.map((id) => readRecord(partition, id)));
    for (const record of page) if (record !== undefined) yield record;
    if (ids.length < PAGE) return;
    [place, after] = [String(last), ids.at(-1) ?? ''];
  }
}

const RUN_FIELDS = ['queue', 'options', 'startedAt'] as const;
const RECORD_FIELDS = [...SUMMARY_FIELDS, ...RUN_FIELDS] as const;

async function readRecord(partition: Partition, id: string): Promise<MovedRecord | undefined> {
  const [row, expires, frames, effects] = await Promise.all([
    partition.connection.hmgetBuffer(partition.keys.job(id), ...RECORD_FIELDS),
    partition.connection.zscore(partition.keys.jobsExpiring, id),
    readFrames(partition, id),
    partition.connection.hgetall(partition.keys.effects(id)),
  ]);
  const job = summaryFromRow(id, row);
  if (job === undefined) return undefined;
  const { queue, options, startedAt } = named(RECORD_FIELDS, row);
  const steps = frames.filter(({ type }) => type === 'progress');
  const mayRunAgain = job.status !== 'succeeded' && Object.keys(effects).length > 0;
  return {
    kind: 'tracked',
    ...job,
    queue: queue?.toString() ?? DEFAULT_QUEUE,
    ...(options === null ? {} : { options: JSON.parse(options.toString()) as JobRunOptions }),
    ...(startedAt === null ? {} : { startedAt: Number(startedAt) }),
    ...(expires === null ? {} : { expires: Number(expires) }),
    ...(mayRunAgain ? { effects } : {}),
    output: steps.map(({ fields }) => stepFromFields(fields)),
  };
}

/** By BullMQ's counter of each: a `JobQueue` tells nobody that its queue exists. */
async function findQueues(partition: Partition): Promise<readonly string[]> {
  const names = new Set([DEFAULT_QUEUE, ...(await partition.connection.smembers(partition.keys.queues))]);
  const pattern = partition.keys
    .bullJob('*', 'id')
    .replace(partition.keys.prefix, partition.keys.prefix.replaceAll(/[?*[\]\\]/g, '\\$&'));
  let cursor = '0';
  do {
    const reply = await partition.run('scan-keys', {
      keys: { queues: partition.keys.queues },
      args: { cursor, pattern },
    });
    const [next, found] = reply as [Buffer, Buffer[]];
    for (const key of found) names.add(String(key).slice(partition.prefix.length + 1, -':id'.length));
    cursor = String(next);
  } while (cursor !== '0');
  names.delete(DEAD_LETTER_QUEUE);
  return [...names].filter(isName).toSorted();
}

const STATES = [
  { state: 'active', type: 'active' },
  { state: 'waiting', type: 'waiting' },
  { state: 'waiting', type: 'prioritized' },
  { state: 'delayed', type: 'delayed' },
  { state: 'failed', type: 'failed' },
] as const;

async function* queued(partition: Partition, name: string): AsyncGenerator<MovedQueued, void, undefined> {
  const queue = openQuietQueue(name, partition.connection, partition.keys.prefix);
  for (const { state, type } of STATES) {
    const { [type]: count = 0 } = await queue.getJobCounts(type);
    for (let start = 0; start < count; start += PAGE) {
      const jobs = await queue.getJobs([type], start, start + PAGE - 1, true);
      const page = await Promise.all(jobs.map((job) => readQueued(partition, name, state, job)));
      for (const job of page) if (job !== undefined) yield job;
    }
  }
}

/** @returns undefined for what has a record, what a schedule queued, and what is no job but an event's delivery */
async function readQueued(
  partition: Partition,
  queue: string,
  state: MovedQueued['state'],
  job: Job,
): Promise<MovedQueued | undefined> {
  const given: unknown = job.data;
  const isWork = typeof given === 'object' && given !== null && 'kind' in given && given.kind === 'job';
  const bullId = job.id ?? '';
  if (!isWork || bullId.startsWith('repeat:')) return undefined;
  const work = workOf(job as BullJob);
  if (
    work.id !== undefined &&
    (await partition.connection.hexists(partition.keys.job(work.id), 'status')) === 1
  )
    return undefined;
  const due =
    state === 'delayed'
      ? await partition.connection.zscore(partition.keys.bullJob(queue, 'delayed'), bullId)
      : null;
  return {
    kind: 'queued',
    id: movedId(bullId, job.timestamp),
    name: job.name,
    queue,
    state,
    created: job.timestamp,
    data: work.data,
    ...(work.id === undefined ? {} : { workId: work.id }),
    ...(job.priority > 0 ? { priority: job.priority } : {}),
    // BullMQ packs a due time with 12 bits that keep jobs of the same millisecond in order.
    ...(due === null ? {} : { runAt: Math.floor(Number(due) / 4_096) }),
    ...(work.options === undefined ? {} : { options: work.options }),
    ...(work.metadata === undefined ? {} : { metadata: work.metadata }),
    ...keptBy(job),
    ...(state === 'failed' ? { end: endOf(job) } : {}),
  };
}

/** BullMQ's own numbers mean another job elsewhere, and it takes no `:` in an id that is given. */
function movedId(id: string, created: number): string {
  const named = id.replaceAll(/[\s:]/g, '~');
  return /^\d+$/.test(named) ? `${named}~${created}` : named;
}

function keptBy({ opts }: Job): Pick<MovedQueued, 'keep'> {
  const [completed, failed] = [opts.removeOnComplete, opts.removeOnFail].map((kept) => {
    if (typeof kept === 'object') return kept.count;
    return kept === true ? 0 : kept === false ? undefined : kept;
  });
  if (completed === undefined && failed === undefined) return {};
  return {
    keep: {
      ...(completed === undefined ? {} : { completed }),
      ...(failed === undefined ? {} : { failed }),
    },
  };
}

function endOf(job: Job): NonNullable<MovedQueued['end']> {
  const stack = job.stacktrace?.at(-1);
  return {
    at: job.finishedOn ?? job.timestamp,
    attempts: job.attemptsMade,
    message: job.failedReason ?? '',
    ...(stack === undefined || stack === null ? {} : { stack }),
  };
}
