import { setTimeout as pause } from 'node:timers/promises';
import type { FaultCase } from '../run/fault-case.ts';

const QUEUE = '{faults}:fourfold:';
/** More than Lua puts on its stack at once, if somebody lets it. */
const LOST = 2_000;

export default {
  name: 'deliveries-lost',
  what: 'events with four handlers each, and thousands of their deliveries vanish from the queue at once',
  events: 1_500,
  rate: 300,
  mix: { fourfold: 9, recorded: 1 },
  settleWithin: 180_000,
  async inject({ fault, redis, members, allSent, wait }) {
    await allSent;
    const waiting = async (): Promise<string[]> =>
      (await redis.command('LRANGE', `${QUEUE}wait`, 0, -1)) as string[];
    for (let tries = 0; tries < 300 && (await waiting()).length < LOST; tries += 1) await pause(50);
    for (const worker of members('worker')) await worker.kill();
    const ids = await waiting();
    await fault(`${ids.length} deliveries lost`, 'redis', async () => {
      for (const id of ids) await redis.command('DEL', `${QUEUE}${id}`);
      await redis.command('DEL', `${QUEUE}wait`, `${QUEUE}marker`);
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
