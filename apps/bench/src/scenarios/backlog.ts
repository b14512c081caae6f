import { hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import { fillBacklog, openReceiver } from '../host/receiving.ts';
import { BODY, saturate, type Saturated } from './saturation.ts';
import { COSTS, TIMES, type Scenario } from './scenario.ts';

/** Redis keeps these in memory alone: writing two gigabytes to a disk would be measured with it. */
const SIZES = [
  { name: 'empty', events: 0 },
  { name: '100k waiting', events: 100_000 },
  { name: '1M waiting', events: 1_000_000 },
];

/** Whether an event costs more because others wait: it must not. */
export const backlog: Scenario = {
  name: 'backlog',
  says: 'acknowledgements at saturation while nothing, 100,000 and 1,000,000 events wait; Redis without persistence',
  async run(bench) {
    const contenders: Saturated[] = [];
    for (const { name, events } of SIZES)
      contenders.push(await openWith(bench, name, bench.options.smoke ? events / 1_000 : events));
    const rows = await saturate(bench, this.name, contenders, bench.fewerRounds);
    return {
      rows,
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          ...TIMES,
          ...COSTS.slice(0, 2),
          { title: 'CPU µs', figure: 'cpuMicros', as: 'median' },
          { title: '× empty', figure: 'cpuMicros', as: 'times', of: 'empty', digits: 2 },
        ],
      ],
      notes: ['CPU is that of the receiver and of Redis together.'],
    };
  },
};

async function openWith(bench: Bench, name: string, events: number): Promise<Saturated> {
  const open = await openReceiver(bench, hookline(), { persistence: 'none' });
  if (events > 0) {
    bench.options.say(`backlog: making ${events} events wait`);
    await fillBacklog(bench, open, () => open.receiver.waiting(open.redis.control), events, BODY);
  }
  return { name, open, load: { keepsWhatIsThere: true } };
}
