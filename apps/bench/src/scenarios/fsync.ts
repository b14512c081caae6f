import { hookline } from '../contenders/receivers.ts';
import { openReceiver } from '../host/receiving.ts';
import { saturate } from './saturation.ts';
import { COSTS, TIMES, type Scenario } from './scenario.ts';

/** What it costs that a 2xx survives a power failure. */
export const fsync: Scenario = {
  name: 'fsync',
  says: 'acknowledgements at saturation with `ACK=memory` (appendfsync everysec) and `ACK=fsync` (always)',
  async run(bench) {
    const memory = await openReceiver(bench, hookline('memory', { ACK: 'memory' }));
    const synced = await openReceiver(bench, hookline('fsync', { ACK: 'fsync' }), { persistence: 'always' });
    const contenders = [memory, synced].map((open) => ({ name: open.name, open }));
    return {
      rows: await saturate(bench, this.name, contenders, bench.options.rounds),
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          { title: 'low–high', figure: 'acks', as: 'range' },
          { title: '× memory', figure: 'acks', as: 'times', of: 'memory', digits: 2 },
          ...TIMES,
          ...COSTS.slice(0, 2),
        ],
      ],
      notes: [
        'Where temporary files lie in memory, a sync takes no time: TMPDIR says which disk is measured.',
      ],
    };
  },
};
