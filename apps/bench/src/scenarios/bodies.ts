import { openAll, saturate, type Saturated } from './saturation.ts';
import { COSTS, TIMES, type Scenario } from './scenario.ts';

const KILOBYTES = [1, 16, 256];

/** What larger bodies cost: to read, to hash, to send to Redis and to keep. */
export const bodies: Scenario = {
  name: 'bodies',
  says: 'acknowledgements at saturation of bodies of 1, 16 and 256 kB',
  async run(bench) {
    const all = await openAll(bench);
    const contenders = KILOBYTES.flatMap((kilobytes) =>
      all.map(({ name, open }): Saturated => ({
        name: `${name} ${kilobytes} kB`,
        open,
        size: kilobytes * 1024,
      })),
    );
    return {
      rows: await saturate(bench, this.name, contenders, Math.min(2, bench.options.rounds)),
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          ...TIMES,
          ...COSTS.slice(0, 2),
          { title: 'bytes/event', figure: 'bytes', as: 'median' },
        ],
      ],
    };
  },
};
