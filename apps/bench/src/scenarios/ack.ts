import { countRoundTrips } from '../measure/round-trips.ts';
import { withFigures } from '../measure/rounds.ts';
import { BODY, openAll, saturate, SATURATION } from './saturation.ts';
import { COSTS, TIMES, type Scenario } from './scenario.ts';

/** As many acknowledgements as there can be: 64 connections, each of which sends when it has its answer. */
export const ack: Scenario = {
  name: 'ack',
  says: `acknowledgements at saturation: 64 connections, bodies of ${BODY} bytes, nobody works them off`,
  async run(bench) {
    const contenders = await openAll(bench);
    const rows = await saturate(bench, this.name, contenders, bench.options.rounds);
    const own = rows.find(({ name }) => name === 'hookline')?.figures['acks'];
    if (own !== undefined) bench.known.set(SATURATION, own.median);
    const trips = await Promise.all(contenders.map(({ open }) => countRoundTrips(bench, open.receiver)));
    const counted = rows.map((row, at) => withFigures(row, { ...trips[at] }));
    return {
      rows: counted,
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          { title: 'low–high', figure: 'acks', as: 'range' },
          { title: '× floor', figure: 'acks', as: 'times', of: 'floor', digits: 2 },
          { title: '× hand-w.', figure: 'acks', as: 'times', of: 'hand-written', digits: 2 },
          ...TIMES,
        ],
        [
          ...COSTS,
          { title: 'calls', figure: 'calls', as: 'median', digits: 1 },
          { title: 'trips', figure: 'roundTrips', as: 'median', digits: 1 },
          { title: 'bytes/event', figure: 'bytes', as: 'median' },
        ],
      ],
    };
  },
};
