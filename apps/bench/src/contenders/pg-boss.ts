/** The same work on PostgreSQL. */
import { PgBoss } from 'pg-boss';
import { contenderOptions, sayReady } from './contender-process.ts';

const QUEUE = 'events';
const CHUNK = 1_000;
const { store } = contenderOptions();
const boss = new PgBoss({ connectionString: store, max: 10 });
boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
await boss.start();
await boss.createQueue(QUEUE);

globalThis.benchFill = async (count) => {
  // What polls would begin before everything is there.
  await boss.offWork(QUEUE, { wait: true });
  for (let from = 0; from < count; from += CHUNK) {
    const jobs = Array.from({ length: Math.min(CHUNK, count - from) }, (_, at) => ({
      data: { event: `evt_${from + at}` },
    }));
    await boss.insert(QUEUE, jobs);
  }
};
globalThis.benchGo = async () => {
  await boss.work<{ event: string }>(
    QUEUE,
    { batchSize: 50, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true },
    async (jobs) => {
      for (const { data } of jobs) globalThis.benchStarted?.(data.event);
    },
  );
};
sayReady();
