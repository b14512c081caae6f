import { explain, nextBrakeStep, type Logger } from '@hookline/core';
import { randomUUID } from 'node:crypto';
import { every, type Loop } from '../client/every.ts';
import type { Partition } from '../client/partition.ts';
import { brakedNames, liftBrake, readBrake, turnBrake } from '../run/brake/brakes.ts';

export interface BrakeLoopOptions {
  readonly partition: Partition;
  readonly log: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Milliseconds between two steps of the brakes that are on. */
  readonly brakeInterval?: number;
}

const INTERVAL_MS = 250;
/** How often it is looked whether any brake is on. A probe is never due sooner. */
const IDLE_MS = 2_000;
/** A holder that died is replaced after this. */
const LEASE_MS = 5_000;
/** Steps of one brake in a row: each lets 200 through. */
const MOST_STEPS = 20;
/** How many of those that were let through are looked at in one interval. */
const LOOKS = 100;

/**
 * Sees to the handlers whose brakes are on: probes, lets go what waits, and takes the brakes off. Every worker process
 * has such a loop, and one of them works at a time.
 */
export function startBrakes(options: BrakeLoopOptions): Loop {
  const { partition, log, brakeInterval = INTERVAL_MS } = options;
  const owner = randomUUID();
  const lease = partition.keys.brakesLease;
  let quietUntil = 0;

  async function step(): Promise<void> {
    if (performance.now() < quietUntil) return;
    const names = await brakedNames(partition);
    const isMine =
      names.length > 0 &&
      (await partition.run('take-lease', { keys: { lease }, args: { owner, duration: LEASE_MS } })) ===
        'held';
    if (!isMine) quietUntil = performance.now() + IDLE_MS;
    else await Promise.all(names.map((name) => goOn(options, name)));
  }

  const loop = every(brakeInterval, step, (error) => {
    if (partition.connection.status === 'ready') log.warn('brakes', { error: explain(error) });
  });
  return {
    async stop() {
      await loop.stop();
      if (partition.connection.status !== 'ready') return;
      await partition.run('give-lease', { keys: { lease }, args: { owner } }).catch(() => undefined);
    },
  };
}

/** Takes the steps of one brake that are due. */
async function goOn(
  { partition, now = Date.now, random = Math.random, log }: BrakeLoopOptions,
  handler: string,
): Promise<void> {
  for (let nth = 0; nth < MOST_STEPS; nth += 1) {
    const at = { now: now(), random: random(), looks: nth === 0 ? LOOKS : 0 };
    const read = await readBrake(partition, handler, at);
    if (read === undefined) return;
    const step = nextBrakeStep(read.state, read.facts, at.now, at.random);
    if (step.kind === 'lift') {
      if (await liftBrake(partition, handler, read))
        log.info('the brake is off: the handler goes on as usual', { handler });
      return;
    }
    const isTurned = await turnBrake(partition, handler, read, step);
    if (isTurned && step.state.phase !== read.state.phase)
      log.info(step.state.phase === 'releasing' ? 'the brake lets go' : 'the brake is on again', { handler });
    if (isTurned && step.lets === 0) return;
  }
}
