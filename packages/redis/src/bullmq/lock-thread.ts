/**
 * The thread that renews the locks of jobs while the one that runs them computes: a process may stand still in its own
 * code for seconds and loses nothing, and its locks can be short, so that a death is noticed soon.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as wait } from 'node:timers/promises';
import type { RedisTarget } from '@hookline/core';
import { connect, type Connection } from '../client/connection.ts';
import type { Partition } from '../client/partition.ts';
import { createPartition } from './add-job.ts';
import { HeldLocks, type HeldLock } from './held-locks.ts';
import type { LockThreadData, LockThreadMessage } from './lock-keeper.ts';
import { LockPulse } from './lock-pulse.ts';

const { process: id, lock, interval, patience } = workerData as LockThreadData;
/** Redis does nothing else while a script runs. */
const MOST = 500;
const partitions = new Map<number, RenewedPartition>();
const connections = new Map<string, Connection>();

interface Region {
  readonly what: 'locks' | 'permits';
  readonly held: HeldLocks;
}

/** One partition's share of it: while the Redis of another is away, this one's locks are renewed all the same. */
class RenewedPartition {
  readonly regions = new Map<number, Region>();
  readonly #number: number;
  readonly #partition: Partition;
  readonly #pulse: LockPulse;
  isOver = false;

  constructor(number: number, partition: Partition, pulse: LockPulse) {
    this.#number = number;
    this.#partition = partition;
    this.#pulse = pulse;
  }

  async run(): Promise<void> {
    while (!this.isOver) {
      try {
        // One that stands still for longer may never go on: then its locks run out, and it counts as silent.
        if (this.#pulse.stillFor < patience) {
          for (const [region, { what, held }] of this.regions)
            await (what === 'locks' ? this.#renew(region, held.read()) : this.#renewPermits(held.read()));
          await this.#partition.run('speak', { args: { id } });
        } else await this.#partition.ping();
        this.#pulse.renewed(2 * interval);
      } catch {
        // The thread that works renews them itself while this one cannot.
      }
      await wait(interval);
    }
  }

  async #renew(region: number, held: readonly HeldLock[]): Promise<void> {
    for (let at = 0; at < held.length; at += MOST) {
      const some = held.slice(at, at + MOST);
      const lost = (await this.#partition.run('extend-locks', {
        args: { lockMs: lock },
        each: { held: some.map(({ queue, jobId, token }) => ({ queue, jobId, token })) },
      })) as readonly number[];
      for (const place of lost)
        parentPort?.postMessage({ partition: this.#number, region, lost: some[Number(place) - 1] }, []);
    }
  }

  async #renewPermits(held: readonly HeldLock[]): Promise<void> {
    const [first] = held;
    if (first === undefined) return;
    await this.#partition.run('renew-permits', {
      args: { queue: first.queue, keptMs: lock, again: '' },
      lists: { ids: held.map(({ token }) => token) },
    });
  }
}

/** One for each Redis, and for each partition on a cluster, whose node may change by itself. */
function connectionTo(target: RedisTarget, prefix: string): Connection {
  const name = JSON.stringify(target.kind === 'cluster' ? [target, prefix] : target);
  const known = connections.get(name);
  if (known !== undefined) return known;
  const connection = connect(target, 'producer', prefix);
  // Who works with the same Redis tells of it.
  connection.on('error', () => undefined);
  connections.set(name, connection);
  return connection;
}

parentPort?.on('message', (message: LockThreadMessage) => {
  const known = partitions.get(message.partition);
  switch (message.kind) {
    case 'open': {
      const partition = createPartition(connectionTo(message.target, message.prefix), message.prefix);
      const opened = new RenewedPartition(message.partition, partition, new LockPulse(message.pulse));
      partitions.set(message.partition, opened);
      void opened.run();
      return;
    }
    case 'close':
      if (known !== undefined) known.isOver = true;
      partitions.delete(message.partition);
      return;
    case 'hold':
      known?.regions.set(message.region, { what: message.what, held: new HeldLocks(message.held) });
      return;
    case 'let-go':
      known?.regions.delete(message.region);
  }
});
