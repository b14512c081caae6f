import { openAll, saturate } from './saturation.ts';
import { COSTS, TIMES, type Scenario } from './scenario.ts';

/** A provider that sends everything again: nine of ten requests are for nothing, and cost as little as they can. */
const COPIES = 10;

export const duplicates: Scenario = {
  name: 'duplicates',
  says: `a storm of duplicates: each event comes ${COPIES} times in a row, and is to be kept once`,
  async run(bench) {
    const all = await openAll(bench);
    const contenders = all.map((each) => ({ ...each, plan: { copies: COPIES } }));
    return {
      rows: await saturate(bench, this.name, contenders, bench.fewerRounds),
      tables: [[{ title: 'acks/s', figure: 'acks', as: 'median' }, ...TIMES, ...COSTS]],
      notes: ['Costs are for each request.'],
    };
  },
};
