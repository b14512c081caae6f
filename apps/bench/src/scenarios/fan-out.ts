import { openHookline } from '../contenders/workers.ts';
import { COSTS, type Scenario } from './scenario.ts';
import { JOBS, workOff, type Working } from './working.ts';

/** What it costs that an event goes to several handlers, each of which is retried by itself. */
export const fanOut: Scenario = {
  name: 'fan-out',
  says: 'events that lie ready for 1 and for 5 handlers, worked off by one process',
  async run(bench) {
    const contenders: Working[] = [];
    for (const handlers of [1, 5]) {
      const name = handlers === 1 ? '1 handler' : `${handlers} handlers`;
      contenders.push({ name, handlers, site: await openHookline(bench, { processes: 1, handlers }) });
    }
    return {
      rows: await workOff(bench, this.name, contenders),
      tables: [
        [
          ...JOBS,
          { title: '× 1 handler', figure: 'jobs', as: 'times', of: '1 handler', digits: 2 },
          ...COSTS,
        ],
      ],
      notes: ['Costs are for each event with all of its handlers.'],
    };
  },
};
