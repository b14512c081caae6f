import type { Logger } from '@hookline/core';
import type { Ending } from '../bullmq/ending.ts';
import type { Lease } from '../bullmq/lease.ts';
import type { Partition } from '../client/partition.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { moveWork } from './move-work.ts';
import type { WorkRef } from './work-ref.ts';

export interface PassingParts {
  readonly partition: Partition;
  readonly fleet: Fleet;
  /** Milliseconds after which work that no live worker knows becomes a dead letter. */
  readonly unclaimedAfter: number;
  readonly log: Logger;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Milliseconds until work comes back that another worker of the same queue knows; about half of the tries find it. */
const PASS_MS = 500;
/** The longest wait until it is looked again whether somebody knows the work by now. */
const LONGEST_WAIT_MS = 30_000;

/** What becomes of work whose handler or job this worker does not know. It costs the work no attempt. */
export class Passing {
  readonly #parts: PassingParts;

  constructor(parts: PassingParts) {
    this.#parts = parts;
  }

  /** @returns `unclaimed` when nobody has known it for so long that it is to be given up */
  async passOn(lease: Lease, ref: WorkRef): Promise<Ending | 'unclaimed'> {
    const { fleet, now, random } = this.#parts;
    const kind = ref.kind === 'delivery' ? 'handlers' : 'jobs';
    const name = ref.kind === 'delivery' ? ref.handler : ref.job;
    const view = await fleet.view();
    const home = view[kind].get(name);
    if (home === undefined) return this.#wait(ref, name);
    if (view.isKnownIn(lease.queue, kind, name))
      return {
        kind: 'passed-on',
        reason: `another worker knows ${name}`,
        delay: PASS_MS * (0.5 + random()),
      };
    const { queue, jobId, priority } = lease;
    const moved = await moveWork(this.#parts.partition, {
      ref,
      queue,
      jobId,
      newQueue: home.queue,
      timestamp: now(),
      priority,
      takesRemains: false,
    });
    return moved === 'moved'
      ? { kind: 'completed', result: { movedTo: home.queue } }
      : { kind: 'failed', error: new Error(`another job runs ${ref.workId} now`) };
  }

  async #wait(ref: WorkRef, name: string): Promise<Ending | 'unclaimed'> {
    const { partition, unclaimedAfter, log } = this.#parts;
    const { keys } = partition;
    const [since, now] = (await partition.run('note-unclaimed', {
      keys: { work: ref.kind === 'delivery' ? keys.event(ref.event) : keys.job(ref.workId) },
      args: {
        suffix: ref.kind === 'delivery' ? `/${ref.handler}` : '',
        what: `${ref.kind === 'delivery' ? 'handler' : 'job'} ${name}`,
      },
    })) as [number, number];
    const waited = now - since;
    if (waited >= unclaimedAfter) return 'unclaimed';
    log.warn('no live worker knows how to run this; it waits', {
      work: ref.workId,
      name,
      deadLetterInMs: unclaimedAfter - waited,
    });
    const delay = Math.min(Math.max(1_000, waited), LONGEST_WAIT_MS, unclaimedAfter - waited);
    return { kind: 'passed-on', reason: `no live worker knows ${name}`, delay };
  }
}
