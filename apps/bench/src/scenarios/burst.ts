import { measureAcks } from '../measure/acks.ts';
import { inRounds } from '../measure/rounds.ts';
import { planOf } from '../host/receiving.ts';
import { BODY, openAll, saturationRate, tell } from './saturation.ts';
import { TIMES, type Scenario } from './scenario.ts';

/** More than the usual number, since a burst comes from many places at once. */
const CONNECTIONS = 256;

/** Ten times the usual rate for half of the time, and the usual one before and after. */
export const burst: Scenario = {
  name: 'burst',
  says: "a burst of ten times the usual rate, which is a tenth of Hookline's saturation; 256 connections",
  async run(bench) {
    const contenders = await openAll(bench);
    const own = contenders.find(({ name }) => name === 'hookline') ?? contenders[0];
    if (own === undefined) throw new Error('there are no contenders');
    const usual = (await saturationRate(bench, own.open)) / 10;
    const quarter = bench.milliseconds / 4;
    const rates = [
      { perSecond: usual, milliseconds: quarter },
      { perSecond: usual * 10, milliseconds: 2 * quarter },
      { perSecond: usual, milliseconds: quarter },
    ];
    const rows = await inRounds({
      contenders,
      rounds: bench.fewerRounds,
      say: (contender, round, measured) => tell(bench, this.name, contender, round, measured),
      measure: ({ open }) =>
        measureAcks(bench, open, {
          plan: planOf(BODY),
          count: Math.ceil((usual * 5.5 * bench.milliseconds) / 1000) + 3,
          mode: { kind: 'pace', rates },
          connections: CONNECTIONS,
        }),
    });
    return {
      rows,
      tables: [
        [
          ...TIMES,
          { title: 'longest ms', figure: 'max', as: 'median', digits: 1 },
          { title: 'p99 low–high', figure: 'p99', as: 'range', digits: 1 },
        ],
      ],
      notes: [`The usual rate was ${Math.round(usual)}/s, the burst ${Math.round(usual * 10)}/s.`],
    };
  },
};
