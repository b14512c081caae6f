import { groupBy } from '../checkers/group-by.ts';
import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'worker-blocked',
  what: 'the only worker computes for longer than its locks last, again and again, and lives',
  events: 2_000,
  rate: 60,
  workers: 1,
  mix: { recorded: 60, split: 15, slow: 15, pushed: 10 },
  async inject({ fault, members, wait }) {
    const [worker] = members('worker');
    if (!worker) return;
    for (let round = 0; round < 3; round += 1) {
      await wait(2_000);
      await fault('event loop blocked', worker, async () => {
        worker.block(9_000);
        await wait(9_500);
      });
    }
  },
  equations: ({ effects, rest }) => {
    const begun = groupBy(
      effects.filter(({ what }) => what === 'begin'),
      ({ id, handler }) => `${id} ${handler}`,
    );
    return [
      {
        name: 'no deaths',
        says: 'no dead letter says that a worker died',
        broken: rest.deadLetters.filter(({ reason }) => reason === 'worker-lost').map(({ event }) => event),
      },
      {
        name: 'one run',
        says: 'what nobody took over begins once',
        broken: [...begun].filter(([, { length }]) => length > 1).map(([pair]) => pair),
      },
    ];
  },
} satisfies FaultCase;
