import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'rolling-restart',
  what: 'a deploy: every process is replaced in turn, twice',
  events: 3_500,
  rate: 200,
  workers: 3,
  async inject({ fault, members, wait }) {
    for (let round = 0; round < 2; round += 1) {
      for (const member of [...members('receiver'), ...members('worker')]) {
        await wait(300);
        await fault('replaced', member, async () => {
          await member.stop();
          await member.restart();
        });
      }
    }
  },
} satisfies FaultCase;
