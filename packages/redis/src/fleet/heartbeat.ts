import { createPartition } from '../bullmq/add-job.ts';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { Announcement, RedisTarget } from '@hookline/core';
import { connect } from '../client/connection.ts';
import { every } from '../client/every.ts';
import type { Partition } from '../client/partition.ts';
import { encodeAnnouncement } from './announcement.ts';

/** Small numbers and words that a process tells of itself. */
export type StatusDetail = Readonly<Record<string, number | string>>;

/** What a process last said of itself. Times are Redis's but `startedAt`, in milliseconds since the epoch. */
export interface ProcessStatus {
  readonly id: string;
  readonly role: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
  /** When it said so. */
  readonly at: number;
  readonly detail: StatusDetail;
}

export interface PublishStatusOptions {
  readonly target: RedisTarget;
  readonly prefix: string;
  /** What names the process; a new name unless given. */
  readonly id?: string;
  /** What the process does: `receiver`, `worker`, `dashboard`. */
  readonly role: string;
  readonly version: string;
  /** Asked before each publication; what it does not give in time is left out. */
  readonly detail: () => StatusDetail | Promise<StatusDetail>;
  /** What it runs, if it is a worker. */
  readonly announcement?: Announcement;
  /** Milliseconds between two publications. Default 2 s. */
  readonly every?: number;
}

/** A process that tells of itself. */
export interface PublishedStatus {
  /** What names the process among the others. */
  readonly id: string;
  /** Tells of it now. @throws Error when Redis does not answer */
  publish(): Promise<void>;
  /** Announces no more that it runs anything: it takes no new work. */
  withdraw(): Promise<void>;
  /** Ends it and takes this process off the list. */
  stop(): Promise<void>;
  /** Ends it without a word, as a death would. */
  abandon(): void;
}

const EVERY_MS = 2_000;
/** A process that has said nothing for so long is gone, or cannot reach Redis. */
export const EXPIRY_MS = 15_000;
const DETAIL_MS = 1_000;
const MOST_DETAILS = 40;
const LONGEST_TEXT = 200;
const MOST_LISTED = 1_000;

/**
 * Lets operators see this process: every 2 s it writes down what it is and what it tells of itself, and whoever
 * does not for 15 s is not listed any more. Never throws and never keeps the process from ending; while Redis is
 * away nothing is said.
 */
export function publishStatus(options: PublishStatusOptions): PublishedStatus {
  const { target, prefix, role, version, detail, id = randomUUID(), every: interval = EVERY_MS } = options;
  const connection = connect(target, 'producer', prefix);
  const partition = createPartition(connection, prefix);
  // Who else talks to Redis in this process reports that it is away.
  connection.on('error', () => undefined);
  const startedAt = Date.now() - Math.round(process.uptime() * 1_000);
  const identity = { role, host: hostname(), pid: process.pid, version, startedAt };
  let announcement = options.announcement === undefined ? '' : encodeAnnouncement(options.announcement);
  let isOver = false;

  async function publish(): Promise<void> {
    const told = await Promise.race([askDetail(detail), wait(DETAIL_MS, {}, { ref: false })]);
    if (isOver) return;
    const status = JSON.stringify({ ...identity, detail: smallOnly(told) });
    await partition.run('publish-status', {
      keys: { process: partition.keys.process(id) },
      args: { id, status, expiry: EXPIRY_MS, announcement },
    });
  }

  async function leave(gone: 0 | 1): Promise<void> {
    announcement = '';
    if (connection.status !== 'ready') return;
    await partition
      .run('withdraw', { keys: { process: partition.keys.process(id) }, args: { id, gone } })
      .catch(() => undefined);
  }

  const loop = every(interval, publish, () => undefined, 'at-once');
  connection.on('ready', () => void publish().catch(() => undefined));
  return {
    id,
    publish,
    withdraw: () => leave(0),
    abandon() {
      isOver = true;
      void loop.stop();
      connection.disconnect();
    },
    async stop() {
      isOver = true;
      // One that hangs is ended by the connection's command timeout.
      await loop.stop();
      await leave(1);
      connection.disconnect();
    },
  };
}

/** The processes that have spoken within the last 15 s, by role, host and pid. @throws Error when Redis does not answer */
export async function listStatuses(partition: Partition): Promise<readonly ProcessStatus[]> {
  const spoken = await partition.connection.zrevrange(
    partition.keys.processes,
    0,
    MOST_LISTED - 1,
    'WITHSCORES',
  );
  const ids = spoken.filter((_, index) => index % 2 === 0);
  if (ids.length === 0) return [];
  const texts = await partition.connection.mget(ids.map((id) => partition.keys.process(id)));
  const statuses = ids.flatMap((id, index) => {
    const status = parseStatus(texts[index] ?? null);
    return status === undefined ? [] : [{ ...status, id, at: Number(spoken[index * 2 + 1]) }];
  });
  return statuses.toSorted((a, b) => orderOf(a).localeCompare(orderOf(b), 'en', { numeric: true }));
}

function orderOf({ role, host, pid }: ProcessStatus): string {
  return `${role} ${host} ${pid}`;
}

async function askDetail(detail: PublishStatusOptions['detail']): Promise<StatusDetail> {
  try {
    return await detail();
  } catch {
    return {};
  }
}

/** What an app gives by mistake must not fill Redis. */
function smallOnly(detail: Readonly<Record<string, unknown>>): StatusDetail {
  const entries = Object.entries(detail).flatMap(([name, value]): [string, number | string][] => {
    if (typeof value === 'string') return [[name, value.slice(0, LONGEST_TEXT)]];
    return typeof value === 'number' && Number.isFinite(value) ? [[name, value]] : [];
  });
  return Object.fromEntries(entries.slice(0, MOST_DETAILS));
}

/** Anybody with Redis can write there, another version of ours too. */
function parseStatus(text: string | null): Omit<ProcessStatus, 'id' | 'at'> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value !== 'object' || value === null) return undefined;
    const { role, host, pid, version, startedAt, detail } = value as Record<string, unknown>;
    if (typeof role !== 'string' || typeof host !== 'string' || typeof pid !== 'number') return undefined;
    return {
      role,
      host,
      pid,
      version: typeof version === 'string' ? version : 'unknown',
      startedAt: typeof startedAt === 'number' ? startedAt : 0,
      detail: typeof detail === 'object' && detail !== null ? smallOnly({ ...detail }) : {},
    };
  } catch {
    return undefined;
  }
}
