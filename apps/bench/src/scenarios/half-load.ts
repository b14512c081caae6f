import { measureAcks } from '../measure/acks.ts';
import { inRounds } from '../measure/rounds.ts';
import { planOf } from '../host/receiving.ts';
import { BODY, openAll, saturationRate, tell } from './saturation.ts';
import { COSTS, TIMES, type Scenario } from './scenario.ts';

/** What an acknowledgement takes while there is room: requests are due at a rate, whatever becomes of those before. */
export const halfLoad: Scenario = {
  name: 'half-load',
  says: "time to an acknowledgement at half of Hookline's own saturation, open loop",
  async run(bench) {
    const contenders = await openAll(bench);
    const own = contenders.find(({ name }) => name === 'hookline') ?? contenders[0];
    if (own === undefined) throw new Error('there are no contenders');
    const perSecond = Math.round((await saturationRate(bench, own.open)) / 2);
    const rows = await inRounds({
      contenders,
      rounds: bench.fewerRounds,
      say: (contender, round, measured) => tell(bench, this.name, contender, round, measured),
      measure: ({ open }) =>
        measureAcks(bench, open, {
          plan: planOf(BODY),
          count: Math.ceil((perSecond * bench.milliseconds) / 1000) + 1,
          mode: { kind: 'pace', rates: [{ perSecond, milliseconds: bench.milliseconds }] },
        }),
    });
    return {
      rows,
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          ...TIMES,
          { title: 'p99 low–high', figure: 'p99', as: 'range', digits: 1 },
          ...COSTS.slice(0, 2),
        ],
      ],
      notes: [
        `${perSecond} requests were due each second; who answers fewer has a queue that grows, and its times say so.`,
      ],
    };
  },
};
