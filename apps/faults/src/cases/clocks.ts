import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'clocks',
  what: 'the clocks of single processes jump, forwards and backwards',
  events: 3_000,
  rate: 200,
  settleWithin: 120_000,
  async inject({ fault, members, random, wait }) {
    const everyone = [...members('receiver'), ...members('worker')];
    for (const member of everyone) {
      await wait(1_000);
      const offset = random.pick([-1, 1]) * random.between(3_000, 20_000);
      await fault(`clock ${offset > 0 ? 'ahead' : 'behind'}`, member, async () => {
        member.shiftClock(offset);
        await wait(random.between(1_500, 3_000));
        member.shiftClock(0);
      });
    }
  },
} satisfies FaultCase;
