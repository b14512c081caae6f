import { hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import { openReceiver, planOf, type OpenReceiver } from '../host/receiving.ts';
import type { Stream } from '../load/orders.ts';
import { CONNECTIONS, measureAcks, miscount, timesOf, wrongAnswers } from '../measure/acks.ts';
import { inRounds, type Measured } from '../measure/rounds.ts';
import { BODY, saturationRate, tell } from './saturation.ts';
import { TIMES, type Scenario } from './scenario.ts';

/** Good traffic, as a share of what there could be. */
const GOOD_SHARE = 0.25;
const FLOOD_RATE = 20_000;

type Kind = 'good alone' | 'good beside' | 'flood alone';

/** Anybody can send what nobody signed: it must cost Redis nothing, and those who did sign little. */
export const badSignatures: Scenario = {
  name: 'bad-signatures',
  says: 'a flood of wrong signatures over 64 connections, without and beside a quarter of the good traffic there could be',
  async run(bench) {
    const open = await openReceiver(bench, hookline());
    const good = Math.round((await saturationRate(bench, open)) * GOOD_SHARE);
    const contenders: { readonly name: Kind }[] = [
      { name: 'good alone' },
      { name: 'good beside' },
      { name: 'flood alone' },
    ];
    const rows = await inRounds({
      contenders,
      rounds: bench.fewerRounds,
      say: (contender, round, measured) => tell(bench, this.name, contender, round, measured),
      measure: ({ name }) => measureKind(bench, open, name, good),
    });
    return {
      rows,
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          ...TIMES,
          { title: '401/s', figure: 'beside', as: 'median' },
          { title: 'Node µs', figure: 'nodeMicros', as: 'median' },
          { title: 'commands', figure: 'commands', as: 'median', digits: 1 },
        ],
      ],
      notes: [
        `Good requests were due ${good} times a second. Costs are for each good request, and for each refused one where there are no good ones.`,
      ],
    };
  },
};

async function measureKind(
  bench: Bench,
  open: OpenReceiver,
  kind: Kind,
  perSecond: number,
): Promise<Measured> {
  const { milliseconds } = bench;
  const flood: Stream = {
    set: 'flood',
    port: open.port,
    connections: CONNECTIONS,
    mode: { kind: 'saturate', milliseconds },
  };
  if (kind !== 'good alone')
    await bench.load.prepare('flood', {
      ...planOf(BODY, { forged: true }),
      count: Math.ceil((FLOOD_RATE * milliseconds) / 1000),
    });
  if (kind === 'flood alone') return floodAlone(bench, open, flood);
  return measureAcks(bench, open, {
    plan: planOf(BODY),
    count: Math.ceil((perSecond * milliseconds) / 1000) + 1,
    mode: { kind: 'pace', rates: [{ perSecond, milliseconds }] },
    beside: kind === 'good beside' ? [flood] : [],
  });
}

/** Void when one of them was let in, or Redis heard of it. */
async function floodAlone(
  bench: Bench,
  { redis, program, receiver }: OpenReceiver,
  flood: Stream,
): Promise<Measured> {
  const usage = await program.ask({ ask: 'usage' });
  const before = await redis.control.reading();
  const [result] = await bench.load.run(flood);
  const after = await redis.control.reading();
  const usageAfter = await program.ask({ ask: 'usage' });
  if (result === undefined) throw new Error('the load has no result');
  return {
    figures: {
      ...timesOf(result),
      beside: (result.answered / result.elapsed) * 1000,
      nodeMicros: (usageAfter.cpuMicros - usage.cpuMicros) / result.answered,
      commands: (after.commands - before.commands) / result.answered,
    },
    problems: [
      ...wrongAnswers(result, '401'),
      ...miscount('events are stored', await receiver.stored(redis.control), 0),
    ],
  };
}
