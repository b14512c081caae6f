import type { FaultCase } from '../fault-case.ts';
import type { PointScript } from '../instruments/process-faults.ts';

const MOMENTS = ['before', 'inside', 'after'] as const;

export default {
  name: 'failpoints',
  what: 'processes die before, inside and after each atomic step: accept, dispatch, once, settle',
  events: 4_000,
  rate: 200,
  mix: { recorded: 40, split: 30, bank: 5, flaky: 10, slow: 5, pushed: 10 },
  async inject({ fault, members, random, wait, fleet }) {
    const [receiver] = members('receiver');
    const [first, second] = members('worker');
    if (!receiver || !first || !second) return;

    async function dieAt(member: typeof receiver, script: PointScript): Promise<void> {
      if (member === undefined) return;
      for (const moment of MOMENTS) {
        const nth = random.between(20, 120);
        await member.restart({ faults: { point: { script, moment, nth } } });
        const { pid } = member;
        await fault(`died ${moment} ${script}`, member, async () => {
          while (fleet.lives.find((life) => life.pid === pid)?.to === undefined) await wait(20);
        });
        await member.ready();
      }
    }

    await Promise.all([
      dieAt(receiver, 'accept'),
      dieAt(first, 'settle'),
      dieAt(second, 'once').then(() => dieAt(second, 'dispatch')),
    ]);
  },
} satisfies FaultCase;
