import type { FaultCase } from '../run/fault-case.ts';
import { readAnswers, readEffects } from '../checkers/ledger.ts';

export default {
  name: 'queues-emptied',
  what: 'jobs vanish from the queues: deleted, taken off their lists, or without the marker that wakes workers',
  events: 2_500,
  rate: 250,
  settleWithin: 120_000,
  async inject({ fault, master, setup, partitionOf, members, planned, folder, random, wait }) {
    const queueOf = (id: string): string => `${setup.prefixes[partitionOf(id)] ?? ''}:default:`;
    for (let round = 0; round < 2; round += 1) {
      await wait(1_500);
      for (const worker of members('worker')) await worker.kill();
      await wait(1_200);
      const begun = new Set(readEffects(folder).map(({ id }) => id));
      const accepted = new Set(readAnswers(folder).flatMap(({ id, status }) => (status === 200 ? [id] : [])));
      const waiting = planned.filter(({ id }) => accepted.has(id) && !begun.has(id));
      for (let victim = 0; victim < 4; victim += 1) {
        const { id, source } = random.pick(waiting);
        const job = `${source}.${id}`;
        const redis = await master(partitionOf(id));
        await fault('job deleted', 'redis', async () => {
          await redis.command('DEL', `${queueOf(id)}${job}`);
          await redis.command('LREM', `${queueOf(id)}wait`, 0, job);
        });
      }
      for (let victim = 0; victim < 4; victim += 1) {
        const { id, source } = random.pick(waiting);
        const redis = await master(partitionOf(id));
        await fault('job taken off its list', 'redis', async () => {
          await redis.command('LREM', `${queueOf(id)}wait`, 0, `${source}.${id}`);
        });
      }
      await fault('markers deleted', 'redis', async () => {
        for (const [partition, prefix] of setup.prefixes.entries()) {
          const markers = ['default', 'mail', 'slow'].map((queue) => `${prefix}:${queue}:marker`);
          await (await master(partition)).command('DEL', ...markers);
        }
      });
      for (const worker of members('worker')) await worker.restart();
    }
  },
} satisfies FaultCase;
