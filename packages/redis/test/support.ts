import { randomUUID } from 'node:crypto';
import {
  bodyHash,
  announcementOf,
  createFleetView,
  createRegistry,
  DEFAULT_QUEUE,
  eventIdOf,
  NO_LOG,
  retryPolicy,
  type Handler,
  type HooklineEvent,
  type IncomingEvent,
  type Job,
  type JobService,
  type NewJob,
  type RedisTarget,
  type Registry,
  type Schedule,
} from '@hookline/core';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import {
  connect,
  createPartition,
  createPartitions,
  openEventStore,
  startWorker,
  type AckLevel,
  type Connection,
  type Partition,
  type Partitions,
  type RedisEventStore,
  type RunningWorker,
  type WorkerOptions,
} from '../src/index.ts';
import { createJobFeed, type RedisJobFeed } from '../src/jobs/feed.ts';
import { createJobStore } from '../src/jobs/store.ts';
import type { Fleet } from '../src/fleet/fleet.ts';

export { NO_LOG as silent } from '@hookline/core';

/** One prefix on the tests' Redis, and everything that was opened on it. */
export interface Bench {
  readonly prefix: string;
  readonly redis: Connection;
  readonly partition: Partition;
  /** The same as all that there is. */
  readonly partitions: Partitions;
  store(ack?: AckLevel): Promise<RedisEventStore>;
  work(options: BenchWork): Promise<RunningWorker>;
  /** Tracked jobs, kept an hour. */
  jobs(): JobService;
  feed(): RedisJobFeed;
  close(): Promise<void>;
}

export interface BenchWork extends Partial<Omit<WorkerOptions, 'registry'>> {
  readonly handlers?: readonly Handler[];
  readonly jobs?: readonly Job[];
  readonly schedules?: readonly Schedule[];
}

/** @param where the address of another Redis than the one that all tests share */
export function openBench(where: string | RedisTarget = testRedisUrl()): Bench {
  const prefix = uniquePrefix();
  const target: RedisTarget = typeof where === 'string' ? { kind: 'url', url: where } : where;
  const redis = connect(target, 'worker');
  const partition = createPartition(redis, prefix);
  const workers: RunningWorker[] = [];
  const stores: RedisEventStore[] = [];
  const feeds: RedisJobFeed[] = [];
  redis.on('error', () => undefined);

  return {
    prefix,
    partition,
    partitions: createPartitions([partition]),
    redis,
    async store(ack = 'memory') {
      const store = await openEventStore({ layout: [{ target, prefix }], ack, log: NO_LOG });
      stores.push(store);
      await eventually(() => store.ping());
      return store;
    },
    async work({ handlers = [], jobs = [], schedules = [], ...options }) {
      const worker = await startWorker({
        layout: [{ target, prefix }],
        registry: createRegistry({ handlers, jobs, schedules }),
        parsePayload: (_provider, _headers, body) => JSON.parse(body.toString()) as unknown,
        log: NO_LOG,
        concurrency: 5,
        queues: {},
        retention: 3_600_000,
        jobRetention: 3_600_000,
        defaultTimeout: 60_000,
        ...options,
      });
      workers.push(worker);
      return worker;
    },
    jobs: () => createJobStore({ partition, retention: 3_600_000 }),
    feed() {
      const feed = createJobFeed(target, partition);
      feeds.push(feed);
      return feed;
    },
    async close() {
      for (const feed of feeds) feed.close();
      await Promise.all(workers.map((worker) => worker.stop(1_000)));
      await Promise.all(stores.map((store) => store.close()));
      redis.disconnect();
    },
  };
}

export function handler(name: string, run: Handler['run'], more: Partial<Handler> = {}): Handler {
  return {
    name,
    file: `test/${name}`,
    provider: 'stripe',
    types: ['*'],
    queue: DEFAULT_QUEUE,
    retry: retryPolicy({ backoff: { delay: 40, jitter: 0 } }),
    run,
    ...more,
  };
}

export function job(name: string, run: Job['run'], more: Partial<Job> = {}): Job {
  return {
    name,
    file: `test/${name}`,
    queue: DEFAULT_QUEUE,
    retry: retryPolicy({ backoff: { delay: 40, jitter: 0 } }),
    run,
    ...more,
  };
}

export function incoming(more: Partial<IncomingEvent> = {}): IncomingEvent {
  const providerId = more.providerId ?? `evt_${randomUUID()}`;
  const source = more.source ?? 'stripe';
  const body = more.body ?? Buffer.from(JSON.stringify({ id: providerId, amount: 100 }));
  const now = Date.now();
  return {
    id: eventIdOf(source, providerId),
    source,
    provider: 'stripe',
    providerId,
    type: 'payment_intent.succeeded',
    receivedAt: now,
    verifiedAt: now,
    headers: { 'content-type': 'application/json' },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
    ...more,
  };
}

export function payloadOf(event: HooklineEvent): { id: string; amount: number } {
  return event.payload as { id: string; amount: number };
}

export function newJob(name: string, data: unknown, more: Partial<NewJob> = {}): NewJob {
  return { id: randomUUID(), name, data, priority: 5, ...more };
}

/** A fleet of one worker that runs all of this. */
export function fleetOf(registry: Registry): Fleet {
  const nobody = { handlers: [], jobs: [], schedules: [] };
  const view = createFleetView('0', Date.now(), [announcementOf(registry, 0)], nobody);
  return { view: async () => view, refresh: async () => view };
}
