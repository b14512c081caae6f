import type { FaultCase } from '../run/fault-case.ts';
import { missingSlots, readTicks, repeatedSlots } from '../checkers/ticks.ts';

export default {
  name: 'cron',
  what: 'a schedule for every second over three workers that are killed, replaced and all away for a while',
  app: 'cron-app',
  events: 0,
  rate: 1,
  receivers: 0,
  workers: 3,
  async inject({ fault, members, random, wait }) {
    await wait(2_000);
    for (let round = 0; round < 6; round += 1) {
      const worker = random.pick(members('worker'));
      const kind = random.pick(['SIGKILL', 'SIGTERM'] as const);
      await fault(kind, worker, async () => {
        await (kind === 'SIGKILL' ? worker.kill() : worker.stop());
      });
      await worker.restart();
      await wait(random.between(500, 1_500));
    }
    await fault('no worker at all', 'every worker', async () => {
      await Promise.all(members('worker').map((worker) => worker.kill()));
      await wait(5_000);
      await Promise.all(members('worker').map((worker) => worker.restart()));
    });
    await wait(16_000);
  },
  equations(ledger, { folder }) {
    const ticks = readTicks(folder, 'every-second');
    return [
      {
        name: 'ran',
        says: 'the schedule ran',
        broken: ticks.length > 20 ? [] : [`only ${ticks.length} times`],
      },
      repeatedSlots(ticks, ledger),
      missingSlots(ticks, ledger),
    ];
  },
  figures: (_, { folder }) => [
    { name: 'slots run', value: readTicks(folder, 'every-second').length, unit: 'events' },
  ],
} satisfies FaultCase;
