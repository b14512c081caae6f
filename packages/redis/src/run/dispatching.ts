import { deliveryIdOf, type EventId, type Work } from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import { storedWork } from '../bullmq/stored-work.ts';
import { LOCK_MS } from '../bullmq/worker.ts';
import type { Partition } from '../client/partition.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import type { Ahead } from './ahead.ts';
import type { Dispatched, Plan, Planned } from './ledger.ts';
import { ruleText } from './rule-text.ts';
import { newRunId } from './run-id.ts';

export interface DispatchingParts {
  readonly partition: Partition;
  readonly ahead: Ahead;
  readonly now: () => number;
  /** Milliseconds that a finished event is kept. */
  readonly retention: number;
}

/** Gives an event's handlers a job each. */
export class Dispatching {
  readonly #parts: DispatchingParts;

  constructor(parts: DispatchingParts) {
    this.#parts = parts;
  }

  async dispatch(event: EventId, lease: LeaseRef, plan: Plan): Promise<Dispatched> {
    const { handlers, refused, revision, unclaimed, ordered } = plan;
    const now = this.#parts.now();
    const ahead = this.#parts.ahead.call();
    const nextRun = newRunId();
    const { queue, jobId, token, made } = lease;
    const end = lease.plainEnd?.();
    const [kind, detail, next] = await retryWhileLoading(() =>
      this.#parts.partition.run('dispatch', {
        keys: { event: this.#parts.partition.keys.event(event), ...ahead.keys },
        args: {
          ...ahead.args,
          id: event,
          now,
          retention: this.#parts.retention,
          revisionThen: revision,
          unclaimed: unclaimed ? 1 : '',
          ordered: ordered ? 1 : '',
          token,
          queue,
          jobId,
          made,
          kept: end?.kept ?? '',
          takes: end?.takes === true ? 1 : '',
          nextRun,
          lockMs: LOCK_MS,
        },
        each: { planned: handlers.map((planned) => this.#plannedRow(event, planned, now)), refused },
      }),
    );
    if (kind === 'in-place') return { kind, handler: String(detail) };
    if (kind !== 'dispatched' && kind !== 'unhandled') return { kind };
    if (Number(detail) === 0) return { kind, ended: undefined };
    return {
      kind,
      ended: { taken: next === undefined ? undefined : this.#parts.ahead.taken(token, nextRun, next) },
    };
  }

  #plannedRow(event: EventId, { handler, delay = 0, asksDelay, priority = 0 }: Planned, timestamp: number) {
    const { name, queue } = handler;
    const jobId = deliveryIdOf(event, name);
    const work: Work = { kind: 'delivery', event, handler: name, ...(asksDelay ? { asksDelay } : {}) };
    const row = { handler: name, queue, jobId, priority, rule: ruleText(handler.subjectRule) };
    if (delay <= 0) return { ...row, plain: 1, data: JSON.stringify(storedWork(work, jobId, name)) };
    const delivery = this.#parts.partition.add({
      queue,
      jobId,
      name,
      work,
      timestamp,
      delay,
      ...(priority === 0 ? {} : { priority }),
    });
    return { ...row, plain: '', data: '', delivery };
  }
}
