/** BullMQ alone: what no worker on it can be faster than. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { contenderOptions, sayReady } from './contender-process.ts';

const { store } = contenderOptions();
const connection = new Redis(store, { maxRetriesPerRequest: null });
const worker = new Worker<{ event: string }>(
  'events',
  async ({ data }) => globalThis.benchStarted?.(data.event),
  { connection, concurrency: 50 },
);
await worker.waitUntilReady();
sayReady();
