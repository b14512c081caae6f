import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'burst',
  what: 'ten times as many events for seconds, slow handlers, and a worker that is killed in the middle',
  events: 4_500,
  rate: 60,
  mix: { recorded: 60, split: 10, bank: 5, slow: 15, pushed: 10 },
  settleWithin: 120_000,
  async inject({ fault, members, random, setRate, wait }) {
    for (let round = 0; round < 2; round += 1) {
      await wait(2_000);
      await fault('burst', 'the sender', async () => {
        setRate(600);
        await wait(3_000);
        setRate(60);
      });
      const worker = random.pick(members('worker'));
      await fault('SIGKILL', worker, () => worker.kill());
      await worker.restart();
    }
    setRate(600);
  },
} satisfies FaultCase;
