/**
 * The thread that renews the locks of jobs while the one that runs them computes: a process may stand still in its own
 * code for seconds and loses nothing, and its locks can be short, so that a death is noticed soon.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '../client/connection.ts';
import { createPartition } from './add-job.ts';
import { HeldLocks, type HeldLock } from './held-locks.ts';
import type { LockThreadData, LockThreadMessage } from './lock-keeper.ts';
import { LockPulse } from './lock-pulse.ts';

const { target, prefix, process: id, lock, interval, patience, pulse: memory } = workerData as LockThreadData;
const pulse = new LockPulse(memory);
const connection = connect(target, 'producer');
const partition = createPartition(connection, prefix);
const regions = new Map<number, HeldLocks>();
/** Redis does nothing else while a script runs. */
const MOST = 500;

// Who works with the same Redis tells of it.
connection.on('error', () => undefined);
parentPort?.on('message', ({ region, held }: LockThreadMessage) => {
  if (held === undefined) regions.delete(region);
  else regions.set(region, new HeldLocks(held));
});

async function renew(region: number, held: readonly HeldLock[]): Promise<void> {
  for (let at = 0; at < held.length; at += MOST) {
    const some = held.slice(at, at + MOST);
    const lost = (await partition.run('extend-locks', {
      args: { lockMs: lock },
      each: { held: some.map(({ queue, jobId, token }) => ({ queue, jobId, token })) },
    })) as readonly number[];
    for (const place of lost) parentPort?.postMessage({ region, lost: some[Number(place) - 1] }, []);
  }
}

for (;;) {
  try {
    // One that stands still for longer may never go on: then its locks run out, and it counts as silent.
    if (pulse.stillFor < patience) {
      for (const [region, held] of regions) await renew(region, held.read());
      await partition.run('speak', { args: { id } });
    } else await connection.ping();
    pulse.renewed(2 * interval);
  } catch {
    // The thread that works renews them itself while this one cannot.
  }
  await wait(interval);
}
