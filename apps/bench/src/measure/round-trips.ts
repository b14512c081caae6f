import { openCounted, planOf } from '../host/receiving.ts';
import type { Bench } from '../host/bench.ts';
import type { Receiver } from '../contenders/receivers.ts';
import { wrongAnswers } from './acks.ts';

const EVENTS = 300;

/** What one event makes of traffic between a receiver and its Redis. */
export interface RoundTrips {
  /** Commands that the receiver wrote; those that a script calls are not among them. */
  readonly calls: number;
  /** How often it had to wait for Redis: what is pipelined is one. */
  readonly roundTrips: number;
}

/** Counts them with a proxy in between, apart from all rounds: one event at a time, so that nobody else's fall in between. */
export async function countRoundTrips(bench: Bench, receiver: Receiver): Promise<RoundTrips> {
  const open = await openCounted(bench, receiver);
  const events = bench.options.smoke ? 30 : EVENTS;
  // Several may be counted at the same time.
  const set = `probe of ${receiver.name}`;
  const send = async (count: number) => {
    await bench.load.prepare(set, { ...planOf(1_024), count });
    const mode = { kind: 'saturate', milliseconds: 30_000 } as const;
    const [result] = await bench.load.run({ set, port: open.port, connections: 1, mode });
    const wrong = result === undefined ? ['no result'] : wrongAnswers(result, '200');
    if (wrong.length > 0) throw new Error(`${receiver.name}: ${wrong.join(', ')}`);
  };
  // The first ones load scripts.
  await send(10);
  open.proxy.take();
  await send(events);
  const { calls, turns } = open.proxy.take();
  return { calls: calls / events, roundTrips: turns / events };
}
