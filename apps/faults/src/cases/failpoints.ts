import type { FaultCase } from '../run/fault-case.ts';

const MOMENTS = ['before', 'inside', 'after'] as const;

export default {
  name: 'failpoints',
  what: 'processes die before, inside and after each atomic step: accept, dispatch, keep-effect, complete-deliveries, settle-delivery',
  events: 6_000,
  rate: 100,
  mix: { recorded: 40, split: 30, bank: 5, flaky: 10, slow: 5, pushed: 10 },
  async inject({ fault, members, random, wait, fleet, allSent }) {
    // Without events nobody gets as far as dying.
    let flowEnded = false;
    void allSent.then(() => (flowEnded = true));
    const [receiver] = members('receiver');
    const [first, second] = members('worker');
    if (!receiver || !first || !second) return;

    async function dieAt(member: typeof receiver, script: string, within = 40): Promise<void> {
      if (member === undefined) return;
      for (const moment of MOMENTS) {
        const nth = random.between(2, within);
        await member.restart({ faults: { point: { script, moment, nth } } });
        const { pid } = member;
        if (flowEnded) return;
        await fault(`died ${moment} ${script}`, member, async () => {
          while (!flowEnded && fleet.lives.find((life) => life.pid === pid)?.to === undefined) await wait(20);
        });
        await member.ready();
      }
    }

    await Promise.all([
      dieAt(receiver, 'accept'),
      // What failed is settled by itself, and is a tenth of all.
      dieAt(first, 'complete-deliveries').then(() => dieAt(first, 'settle-delivery', 5)),
      dieAt(second, 'keep-effect').then(() => dieAt(second, 'dispatch')),
    ]);
  },
  equations: ({ faults }) => [
    {
      name: 'points',
      says: 'each of the fifteen points was reached',
      broken: faults.length === 15 ? [] : [`only ${faults.length} of 15 processes died`],
    },
  ],
} satisfies FaultCase;
