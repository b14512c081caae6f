import { DEAD_LETTER_QUEUE, DEFAULT_QUEUE, isName, type JobRunOptions } from '@hookline/core';
import type { Job } from 'bullmq';
import type { Connection } from '../../client/connection.ts';
import { openQuietQueue } from '../../bullmq/add-job.ts';
import { workOf, type BullJob } from '../../bullmq/job-data.ts';
import { stepFromFields, summaryFromRow } from '../record.ts';
import { SUMMARY_FIELDS } from '../job-scripts.ts';
import { readFrames } from '../stream.ts';
import type { MovedJob, MovedQueued, MovedRecord } from './moved-job.ts';
import { createKeys, type Keys } from '../../client/keys.ts';
import { defineScript, runScript } from '../../client/script.ts';

const PAGE = 100;

/** Every job that is to move; see `JobTransfer.export`. */
export async function* exportJobs(
  connection: Connection,
  prefix: string,
): AsyncGenerator<MovedJob, void, undefined> {
  const keys = createKeys(prefix);
  yield* records(connection, keys);
  for (const queue of await findQueues(connection, keys)) yield* queued(connection, keys, queue);
}

/**
 * The ids of one page, oldest first. The cursor is a job's place, not a rank: ranks move when others are forgotten.
 * Jobs of the same millisecond are in the order of their ids.
 */
const NEXT_IDS = defineScript(`
local from, after, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local found, last, offset = {}, from, 0
while #found < count do
  local ids = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', offset, 200)
  for i = 1, #ids, 2 do
    local isBefore = ids[i + 1] == from and ids[i] <= after
    if not isBefore and #found < count then
      found[#found + 1] = ids[i]
      last = ids[i + 1]
    end
  end
  if #ids < 400 then break end
  offset = offset + 200
end
return { last, found }
`);

async function* records(connection: Connection, keys: Keys): AsyncGenerator<MovedRecord, void, undefined> {
  let [place, after] = ['0', ''];
  for (;;) {
    const reply = await runScript(connection, NEXT_IDS, [keys.jobs()], [place, after, PAGE]);
    const [last, found] = reply as [Buffer, Buffer[]];
    const ids = found.map(String);
    const page = await Promise.all(ids.map((id) => readRecord(connection, keys, id)));
    for (const record of page) if (record !== undefined) yield record;
    if (ids.length < PAGE) return;
    [place, after] = [String(last), ids.at(-1) ?? ''];
  }
}

async function readRecord(connection: Connection, keys: Keys, id: string): Promise<MovedRecord | undefined> {
  const [row, expires, frames, effects] = await Promise.all([
    connection.hmgetBuffer(keys.job(id), ...SUMMARY_FIELDS, 'queue', 'options', 'startedAt'),
    connection.zscore(keys.jobsExpiring, id),
    readFrames(connection, keys.jobStream(id)),
    connection.hgetall(keys.effects(id)),
  ]);
  const job = summaryFromRow(id, row);
  if (job === undefined) return undefined;
  const [queue, options, startedAt] = row.slice(SUMMARY_FIELDS.length).map((value) => value?.toString());
  const steps = frames.filter(({ type }) => type === 'progress');
  const mayRunAgain = job.status !== 'succeeded' && Object.keys(effects).length > 0;
  return {
    kind: 'tracked',
    ...job,
    queue: queue ?? DEFAULT_QUEUE,
    ...(options === undefined ? {} : { options: JSON.parse(options) as JobRunOptions }),
    ...(startedAt === undefined ? {} : { startedAt: Number(startedAt) }),
    ...(expires === null ? {} : { expires: Number(expires) }),
    ...(mayRunAgain ? { effects } : {}),
    output: steps.map(({ fields }) => stepFromFields(fields)),
  };
}

/** A script, because in a cluster a bare SCAN would ask any node. */
const SCAN_KEYS = defineScript(`return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 1000)`);

/** By BullMQ's counter of each: a `JobQueue` tells nobody that its queue exists. */
async function findQueues(connection: Connection, keys: Keys): Promise<readonly string[]> {
  const names = new Set([DEFAULT_QUEUE, ...(await connection.smembers(keys.queues))]);
  const pattern = keys.bullJob('*', 'id').replace(keys.prefix, keys.prefix.replaceAll(/[?*[\]\\]/g, '\\$&'));
  let cursor = '0';
  do {
    const reply = (await runScript(connection, SCAN_KEYS, [keys.queues], [cursor, pattern])) as [
      Buffer,
      Buffer[],
    ];
    for (const key of reply[1]) names.add(String(key).slice(keys.prefix.length + 1, -':id'.length));
    cursor = String(reply[0]);
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

async function* queued(
  connection: Connection,
  keys: Keys,
  name: string,
): AsyncGenerator<MovedQueued, void, undefined> {
  const queue = openQuietQueue(name, connection, keys.prefix);
  for (const { state, type } of STATES) {
    const { [type]: count = 0 } = await queue.getJobCounts(type);
    for (let start = 0; start < count; start += PAGE) {
      const jobs = await queue.getJobs([type], start, start + PAGE - 1, true);
      const page = await Promise.all(jobs.map((job) => readQueued(connection, keys, name, state, job)));
      for (const job of page) if (job !== undefined) yield job;
    }
  }
}

/** @returns undefined for what has a record, what a schedule queued, and what is no job but an event's delivery */
async function readQueued(
  connection: Connection,
  keys: Keys,
  queue: string,
  state: MovedQueued['state'],
  job: Job,
): Promise<MovedQueued | undefined> {
  const given: unknown = job.data;
  const isWork = typeof given === 'object' && given !== null && 'kind' in given && given.kind === 'job';
  const bullId = job.id ?? '';
  if (!isWork || bullId.startsWith('repeat:')) return undefined;
  const work = workOf(job as BullJob);
  if (work.id !== undefined && (await connection.hexists(keys.job(work.id), 'status')) === 1)
    return undefined;
  const due = state === 'delayed' ? await connection.zscore(`${keys.prefix}:${queue}:delayed`, bullId) : null;
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
    ...(due === null ? {} : { runAt: Math.floor(Number(due) / 4096) }),
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
