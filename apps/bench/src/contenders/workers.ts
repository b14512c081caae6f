import { Queue } from 'bullmq';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../host/bench.ts';
import { fillBacklog, newRun, openReceiver } from '../host/receiving.ts';
import type { Program } from '../host/program.ts';
import type { OwnRedis } from '../host/redis.ts';
import { eventId } from '../load/requests.ts';
import { cloneEvent } from '../measure/clone-event.ts';
import { openCountingProxy, type CountingProxy } from '../measure/counting-proxy.ts';
import { HOOKLINE_PREFIX, HOOKLINE_QUEUE, hookline, SECRET } from './receivers.ts';

/** As many jobs at once as each worker process takes. */
export const CONCURRENCY = 50;
const BODY = 1_024;

/** Workers, and work for them. */
export interface WorkSite {
  /** Without it, nothing is known of its CPU. */
  readonly redis?: OwnRedis;
  readonly workers: readonly Program[];
  /** Between the workers and Redis, where it was asked for. */
  readonly proxy?: CountingProxy;
  /** Makes so many events wait, while nobody works. */
  fill(count: number): Promise<void>;
  /** Lets the workers begin. */
  begin(): Promise<void>;
  /** How many wait or are being worked on, where that can be asked for. */
  left?(): Promise<number>;
}

/** How many workers, and what of them. */
export interface OpenSite {
  readonly processes: number;
  /** Handlers of the product that want each event; 1 unless given. */
  readonly handlers?: number;
  /** With a proxy between the workers and Redis that counts. */
  readonly counted?: boolean;
}

/** BullMQ and nothing else. */
export async function openBare(bench: Bench, { processes, counted = false }: OpenSite): Promise<WorkSite> {
  const redis = await bench.redis('everysec');
  const { store, ...proxied } = await storeOf(bench, redis, counted);
  const workers = await bareWorkers(bench, store, processes);
  const queue = new Queue('events', { connection: redis.control, skipMetasUpdate: true });
  return {
    redis,
    workers,
    ...proxied,
    async fill(count) {
      await queue.pause();
      const run = newRun();
      const model = eventId(run, 0);
      await queue.add('an-event', { event: model }, { jobId: model, removeOnComplete: true });
      await cloneEvent(redis.control, model, newRun(), count - 1);
    },
    begin: () => queue.resume(),
    left: () => unfinished(redis, 'bull:events'),
  };
}

export function bareWorkers(bench: Bench, store: string, processes: number): Promise<readonly Program[]> {
  const start = { args: [JSON.stringify({ store, secret: SECRET })] };
  return several(processes, () =>
    bench.program('bare-worker', 'apps/bench/dist/contenders/bare-worker.js', start),
  );
}

/** The product's own, with handlers that do nothing. */
export async function openHookline(
  bench: Bench,
  { processes, handlers = 1, counted = false }: OpenSite,
): Promise<WorkSite> {
  const redis = await bench.redis('everysec');
  const { store, ...proxied } = await storeOf(bench, redis, counted);
  const receiver = await openReceiver(bench, hookline(), { on: redis });
  const workers = await hooklineWorkers(bench, store, processes, handlers);
  const queue = new Queue(HOOKLINE_QUEUE, {
    prefix: HOOKLINE_PREFIX,
    connection: redis.control,
    skipMetasUpdate: true,
  });
  const left = () => unfinished(redis, `${HOOKLINE_PREFIX}:${HOOKLINE_QUEUE}`);
  return {
    redis,
    workers,
    ...proxied,
    async fill(count) {
      await queue.pause();
      // Not the queue's jobs: a worker that has nothing to do adds one now and then, to see whether it is given any.
      const events = () => redis.control.zcard(`${HOOKLINE_PREFIX}/events/status/queued`);
      await fillBacklog(bench, receiver, events, count, BODY);
    },
    begin: () => queue.resume(),
    left,
  };
}

export function hooklineWorkers(
  bench: Bench,
  store: string,
  processes: number,
  handlers: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly Program[]> {
  const folder = bench.newFolder('app');
  mkdirSync(join(folder, 'handlers'));
  for (let at = 1; at <= handlers; at += 1)
    writeFileSync(
      join(folder, `handlers/nothing-${at}.mjs`),
      `export default {
  name: 'nothing-${at}',
  on: { provider: 'stripe', types: ['*'] },
  run: (event) => globalThis.benchStarted?.(event.providerId),
};
`,
    );
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    OPS_PORT: '0',
    LOG_LEVEL: 'info',
    REDIS_URL: store,
    HOOKLINE_PREFIX,
    APP_DIR: folder,
    CONCURRENCY: String(CONCURRENCY),
    ...settings,
  };
  return several(processes, () => bench.program('worker', 'apps/worker/dist/main.js', { env }));
}

/** The same on PostgreSQL. @throws Error that says why there is none */
export async function openPgBoss(bench: Bench, processes: number): Promise<WorkSite> {
  const store = await bench.postgres();
  const start = { args: [JSON.stringify({ store, secret: SECRET })] };
  const workers = await several(processes, () =>
    bench.program('pg-boss', 'apps/bench/dist/contenders/pg-boss.js', start),
  );
  return {
    workers,
    async fill(count) {
      // All of them stop looking for work, and the first makes it.
      for (const worker of workers) await worker.ask({ ask: 'fill', count: 0 });
      await workers[0]?.ask({ ask: 'fill', count });
    },
    async begin() {
      await Promise.all(workers.map((worker) => worker.ask({ ask: 'go' })));
    },
  };
}

async function storeOf(
  bench: Bench,
  redis: OwnRedis,
  counted: boolean,
): Promise<{ readonly store: string; readonly proxy?: CountingProxy }> {
  if (!counted) return { store: redis.url };
  const proxy = await openCountingProxy(redis.port);
  bench.owned({ stop: () => proxy.close() });
  return { store: redis.urlAt(proxy.port), proxy };
}

function several(count: number, start: () => Promise<Program>): Promise<readonly Program[]> {
  return Promise.all(Array.from({ length: count }, start));
}

async function unfinished({ control }: OwnRedis, queue: string): Promise<number> {
  return (await control.llen(`${queue}:wait`)) + (await control.llen(`${queue}:active`));
}
