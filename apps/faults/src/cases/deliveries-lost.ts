import { setTimeout as pause } from 'node:timers/promises';
import type { FaultCase } from '../run/fault-case.ts';

/** More than Lua puts on its stack at once, if somebody lets it. */
const LOST = 2_000;

export default {
  name: 'deliveries-lost',
  what: 'events with four handlers each, and thousands of their deliveries vanish from the queue at once',
  events: 1_500,
  rate: 300,
  mix: { fourfold: 9, recorded: 1 },
  settleWithin: 180_000,
  async inject({ fault, master, setup, members, allSent, wait }) {
    await allSent;
    const queues = setup.prefixes.map((prefix, partition) => ({ key: `${prefix}:fourfold:`, partition }));
    const waitingIn = async ({ key, partition }: (typeof queues)[number]): Promise<string[]> =>
      (await (await master(partition)).command('LRANGE', `${key}wait`, 0, -1)) as string[];
    const waiting = async (): Promise<string[]> => (await Promise.all(queues.map(waitingIn))).flat();
    for (let tries = 0; tries < 300 && (await waiting()).length < LOST; tries += 1) await pause(50);
    for (const worker of members('worker')) await worker.kill();
    await fault(`${(await waiting()).length} deliveries lost`, 'redis', async () => {
      for (const queue of queues) {
        const redis = await master(queue.partition);
        for (const id of await waitingIn(queue)) await redis.command('DEL', `${queue.key}${id}`);
        await redis.command('DEL', `${queue.key}wait`, `${queue.key}marker`);
      }
    });
    // By then all of them are overdue, and the first sweep finds as many as it may.
    await wait(20_000);
    for (const worker of members('worker')) await worker.restart();
  },
  equations: ({ faults }) => [
    {
      name: 'many',
      says: 'as many were lost as overflow a script that unpacks them',
      broken: faults.some(({ kind }) => Number.parseInt(kind) >= 1_600) ? [] : ['too few were waiting'],
    },
  ],
} satisfies FaultCase;
