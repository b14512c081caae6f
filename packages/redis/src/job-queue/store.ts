import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { RedisTarget } from '@hookline/core';
import { Queue, Worker, type IQueueBackend, type QueueBaseOptions, type WorkerOptions } from 'bullmq';
import { connect, type Connection } from '../client/connection.ts';
import { openQuietQueue } from '../bullmq/add-job.ts';
import { keepEventsShort } from '../bullmq/worker.ts';
import { createKeys } from '../client/keys.ts';
import { readyOrRefused, refusalOf, RefusedError } from '../client/refusal.ts';
import { shownAddress } from '../client/shown-address.ts';
import { serverProblem } from '../client/server-facts.ts';
import type { BullJob, StoredWork } from '../bullmq/job-data.ts';

/**
 * A place for jobs that is not Redis: one of BullMQ 6's backend factories and the connection it takes, as in
 * `{ create: createPostgresBackend, connection: pool }`. The connection stays yours to close.
 */
export interface Backend {
  create(
    name: string,
    options: QueueBaseOptions<unknown>,
    more?: { readonly blocking?: boolean; readonly withBlockingConnection?: boolean },
  ): IQueueBackend;
  readonly connection: unknown;
}

type BullQueue = Queue<StoredWork, unknown, string, StoredWork, unknown, string, IQueueBackend, unknown>;
type BullWorker = Worker<StoredWork, unknown, string, IQueueBackend>;

/** How a worker is to work, without where. */
export type WorkerSettings = Omit<WorkerOptions, 'connection' | 'prefix'>;
export type Process = (job: BullJob, token: string) => Promise<unknown>;

/** One queue on Redis or another backend, reached through BullMQ's public classes only. */
export interface Store {
  readonly queue: BullQueue;
  /** How many jobs may be added in one go. */
  readonly bulkSize: number;
  /** Resolves when the queue can be talked to. @throws Error within moments when Redis does not answer */
  ready(): Promise<void>;
  /** @throws Error when this Redis may throw data away */
  openWorker(process: Process, settings: WorkerSettings): Promise<BullWorker>;
  /** Ends the connections that are not the caller's. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly redis: string | RedisTarget;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

/** How long the first call waits for a connection that is just being made. */
const FIRST_CONNECT_MS = 2_000;
/** Many more (20000 were measured) take longer than a producer waits for Redis; they are no atomic step there anyway. */
const REDIS_BULK_SIZE = 500;

export function openRedisStore(name: string, { redis, prefix, onError }: StoreOptions): Store {
  const target: RedisTarget = typeof redis === 'string' ? { kind: 'url', url: redis } : redis;
  const connections: Connection[] = [];

  function noted(connection: Connection): Connection {
    connection.on('error', onError);
    connections.push(connection);
    return connection;
  }

  const producer = noted(connect(target, 'producer', prefix));
  const isReady = () => producer.status === 'ready';
  let firstConnect: Promise<boolean> | undefined;
  let refusal: RefusedError | undefined;
  producer.on('error', (error: Error) => (refusal = refusalOf(error, target)));

  return {
    queue: openQuietQueue(name, producer, prefix) as unknown as BullQueue,
    bulkSize: REDIS_BULK_SIZE,
    async ready() {
      if (isReady()) return;
      firstConnect ??= isReadyWithin(producer, FIRST_CONNECT_MS);
      if ((await firstConnect) && isReady()) return;
      if (refusal !== undefined) throw new Error(`Redis refuses: ${refusal.reason}`);
      throw new Error(`Redis cannot be reached: is it running, and is '${shownAddress(target)}' where?`);
    },
    async openWorker(process, settings) {
      const connection = noted(connect(target, 'worker'));
      await readyOrRefused(connection, target).catch((error: unknown) => {
        connection.disconnect();
        throw error instanceof RefusedError ? new Error(`Redis refuses: ${error.reason}`) : error;
      });
      const problem = await serverProblem(connection, createKeys(prefix).commitBarrier);
      if (problem !== undefined) {
        connection.disconnect();
        throw new Error(problem);
      }
      await keepEventsShort({ connection, keys: createKeys(prefix) }, name);
      return new Worker<StoredWork, unknown>(name, (job, token = '') => process(job, token), {
        ...settings,
        connection,
        prefix,
      }) as unknown as BullWorker;
    },
    async close() {
      for (const connection of connections) connection.disconnect();
    },
  };
}

export function openBackendStore(name: string, backend: Backend, onError: (error: Error) => void): Store {
  const { connection } = backend;
  const create = (...args: Parameters<Backend['create']>) => unhurried(backend.create(...args));
  const queue: BullQueue = new Queue(name, { connection }, create);
  queue.on('error', onError);
  return {
    queue,
    bulkSize: Number.POSITIVE_INFINITY,
    ready: async () => void (await queue.waitUntilReady()),
    openWorker: async (process, settings) =>
      new Worker<StoredWork, unknown, string, IQueueBackend, never, unknown>(
        name,
        (job, token = '') => process(job, token),
        { ...settings, connection },
        create,
      ) as unknown as BullWorker,
    close: () => queue.close(),
  };
}

/** How long a worker rests that was woken for a job and found none. */
const REST_MS = 100;

/**
 * BullMQ 6.7's PostgreSQL backend wakes a worker as long as jobs wait, also when the queue's concurrency is used up by
 * others and none may be taken: 7000 queries a second were measured. A wake that brings no job is followed by a rest.
 */
function unhurried(backend: IQueueBackend): IQueueBackend {
  const waitForJob = backend.waitForJob.bind(backend);
  const moveToActive = backend.moveToActive.bind(backend);
  let wokenInVain = false;
  backend.waitForJob = async (timeout) => {
    if (wokenInVain) await wait(REST_MS);
    const woken = await waitForJob(timeout);
    wokenInVain = woken !== null;
    return woken;
  };
  backend.moveToActive = async (...args) => {
    const next = await moveToActive(...args);
    if (next[0]) wokenInVain = false;
    return next;
  };
  return backend;
}

async function isReadyWithin(connection: Connection, ms: number): Promise<boolean> {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(connection, 'ready', { signal: over.signal }).then(() => true),
      wait(ms, false, { signal: over.signal }),
    ]);
  } catch {
    return false;
  } finally {
    over.abort();
  }
}
