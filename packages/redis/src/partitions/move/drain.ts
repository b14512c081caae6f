import { setTimeout as wait } from 'node:timers/promises';
import { EXPIRY_MS, listStatuses } from '../../fleet/heartbeat.ts';
import type { Side } from './sides.ts';

const LOOK_MS = 250;
/** Receivers and dashboards look every 5 s whether they may go on; commands that run already end sooner. */
const NOTICED_MS = 6_000;

/**
 * Waits until nobody works in these partitions any more, nor looks after them.
 * @param tell is told what is waited for, whenever that changes
 * @throws Error that says so when it takes longer than `timeout` milliseconds
 */
export async function drain(
  sides: readonly Side[],
  timeout: number,
  tell: (waitsFor: string) => void,
): Promise<void> {
  const began = Date.now();
  const others = (await Promise.all(sides.map(({ partition }) => listStatuses(partition)))).flat();
  const noticed = others.some(({ role }) => role !== 'worker') ? began + NOTICED_MS : began;
  let told = '';
  for (;;) {
    const waitsFor = await waitsIn(sides, noticed);
    if (waitsFor === undefined) return;
    if (waitsFor !== told) tell((told = waitsFor));
    if (Date.now() - began > timeout)
      throw new Error(
        `it took too long to wait for ${waitsFor}; nothing has moved yet, and nothing is taken in: run this again to go on`,
      );
    await wait(LOOK_MS);
  }
}

async function waitsIn(sides: readonly Side[], noticed: number): Promise<string | undefined> {
  const fleets = await Promise.all(sides.map(({ partition }) => workersIn(partition)));
  const workers = Math.max(...fleets);
  const found = await Promise.all(sides.map(({ partition }) => stateOf(partition, workers === 0)));
  const sum = (of: (state: (typeof found)[number]) => number) =>
    found.reduce((total, state) => total + of(state), 0);
  const [held, leases] = [sum((state) => state.held), sum((state) => state.leases)];
  if (held > 0) return `${held} ${held === 1 ? 'job' : 'jobs'} that workers are at`;
  if (workers > 0) return `${workers} ${workers === 1 ? 'worker' : 'workers'} to stop taking jobs`;
  if (leases > 0) return `${leases} loops that look after what is stored (15 s at most)`;
  return Date.now() < noticed ? 'receivers and dashboards to notice' : undefined;
}

/** Those that announce what they run: one that has heard of the change takes that back. */
async function workersIn(partition: Side['partition']): Promise<number> {
  const fleet = (await partition.run('read-fleet', { args: { expiry: EXPIRY_MS } })) as readonly unknown[];
  return (fleet[2] as readonly unknown[]).length;
}

/** @param takesBack whether jobs that nobody holds are put back: while workers live, that is theirs to do */
async function stateOf(partition: Side['partition'], takesBack: boolean) {
  const { connection, keys } = partition;
  const { recorderLease, rescuerLease, brakesLease, replaysLease, alertsLease } = keys;
  const [queues, leases] = await Promise.all([
    connection.smembers(keys.queues),
    connection.exists(recorderLease, rescuerLease, brakesLease, replaysLease, alertsLease),
  ]);
  const held = await Promise.all(
    queues.map((queue) =>
      takesBack
        ? partition.run('take-back', { args: { queue } })
        : connection.llen(keys.bullJob(queue, 'active')),
    ),
  );
  return { leases, held: held.reduce((sum, count) => sum + count, 0) };
}
