import { createRegistry, layoutOf, type IncomingEvent, type Layout, type RedisTarget } from '@hookline/core';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import {
  openEventStore,
  openPartitions,
  startWorker,
  type OpenPartitions,
  type Role,
} from '../../src/index.ts';
import { silent, type BenchWork } from '../support.ts';

/** An installation of some partitions: what takes events in and works, and what operators ask. */
export interface Installation {
  readonly layout: Layout;
  readonly partitions: OpenPartitions;
  /** Takes an event in where it belongs. */
  accept(event: IncomingEvent): Promise<string>;
  /** Works on all partitions until it is closed, or stopped. */
  work(options: BenchWork): Promise<() => Promise<unknown>>;
  close(): Promise<void>;
}

export async function openInstallation(
  count: number,
  targets: readonly [RedisTarget, ...RedisTarget[]] = [{ kind: 'url', url: testRedisUrl() }],
  role: Role = 'producer',
): Promise<Installation> {
  const layout = layoutOf(targets, uniquePrefix(), count);
  const partitions = openPartitions(layout, role, silent);
  const store = await openEventStore({ layout, log: silent });
  await partitions.ready();
  const ends: (() => Promise<unknown>)[] = [];

  return {
    layout,
    partitions,
    async accept(event) {
      return (await store.accept(event)).kind;
    },
    async work({ handlers = [], jobs = [], schedules = [], ...options }) {
      const worker = await startWorker({
        layout,
        registry: createRegistry({ handlers, jobs, schedules }),
        parsePayload: (_provider, _headers, body) => JSON.parse(body.toString()) as unknown,
        log: silent,
        concurrency: 5,
        queues: {},
        retention: 3_600_000,
        jobRetention: 3_600_000,
        defaultTimeout: 60_000,
        ...options,
      });
      let stopped: Promise<unknown> | undefined;
      const stop = () => (stopped ??= worker.stop(1_000));
      ends.push(stop);
      return stop;
    },
    async close() {
      for (const end of ends) await end();
      await store.close();
      partitions.close();
    },
  };
}
