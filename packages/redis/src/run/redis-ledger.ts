import {
  bodyHash,
  DEAD_LETTER_QUEUE,
  deliveryIdOf,
  isFinal,
  serializeError,
  type AttemptRecord,
  type EventId,
  type HooklineEvent,
  type JobStatus,
  type Settlement,
} from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { ScriptCalls, ScriptReplies } from '../client/all-scripts.ts';
import type { Partition } from '../client/partition.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import type { JobAddition } from '../client/script.ts';
import { EVENT_FIELDS, eventFromRecord, eventRecord, type ParsePayload } from '../events/record.ts';
import { newFinishToken } from '../jobs/finish-token.ts';
import type { Dispatched, JobTerms, Ledger, Opened, Planned, Settled } from './ledger.ts';
import { contentOf, detailOf } from './settlement.ts';
import type { WorkRef } from './work-ref.ts';

export interface LedgerParts {
  readonly partition: Partition;
  readonly parsePayload: ParsePayload;
  readonly now: () => number;
  /** Milliseconds that a finished event is kept, and with it what is known of its handlers. */
  readonly retention: number;
  /** Milliseconds that a finished job is kept. */
  readonly jobRetention: number;
}

export function createLedger(parts: LedgerParts): Ledger {
  return new RedisLedger(parts);
}

class RedisLedger implements Ledger {
  readonly #parts: LedgerParts;
  readonly #partition: Partition;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#partition = parts.partition;
  }

  async openDelivery(
    ref: WorkRef & { readonly kind: 'delivery' },
    lease: LeaseRef,
    inPlace: boolean,
  ): Promise<Opened<HooklineEvent>> {
    const { queue, jobId, token, made, stalled } = lease;
    const { event: id, handler, workId } = ref;
    const [kind, deaths, values] = await this.#run('open-delivery', {
      keys: {
        event: this.#partition.keys.event(id),
        deliveries: this.#partition.keys.deliveries(id),
        lock: this.#lockOf(lease),
      },
      args: {
        id,
        handler,
        workId,
        made,
        stalled,
        inPlace: inPlace ? 1 : 0,
        now: this.#parts.now(),
        token,
        queue,
        jobId,
      },
      lists: { fields: EVENT_FIELDS },
    });
    if (kind === 'succeeded') return { kind, result: null };
    if (kind !== 'open') return { kind };
    const record = eventRecord(values as Buffer[]);
    if (record === undefined) throw new Error(`the record of event ${id} has lost its body`);
    return {
      kind,
      value: eventFromRecord(id, record, this.#parts.parsePayload),
      deaths: Number(deaths),
      damaged: bodyHash(record.body) !== record.sha256.toString(),
    };
  }

  async openJob(
    { workId, job, work }: WorkRef & { readonly kind: 'job' },
    lease: LeaseRef,
    { maxAttempts, external }: JobTerms,
  ): Promise<Opened<undefined>> {
    const { queue, jobId, token, made, stalled } = lease;
    const [kind, ...rest] = await this.#run('open-job', {
      keys: { job: this.#partition.keys.job(workId), lock: this.#lockOf(lease) },
      args: {
        id: workId,
        queuedId: jobId,
        made,
        stalled,
        now: this.#parts.now(),
        attempt: made + 1,
        maxAttempts: Math.max(maxAttempts, made + 1),
        external: external ? 1 : '',
        name: job,
        queue,
        data: external ? (JSON.stringify(work.data) ?? 'null') : '',
        newToken: external ? newFinishToken() : '',
        token,
      },
    });
    const [detail, isTracked, finishToken, publicUrl] = rest.map(String);
    switch (kind) {
      case 'succeeded':
        return { kind, result: JSON.parse(detail ?? 'null') };
      case 'awaiting':
        return { kind, until: Number(detail) };
      case 'open': {
        const opened = { kind, value: undefined, deaths: Number(detail), damaged: false } as const;
        const tracked = { token: finishToken ?? '', publicUrl: publicUrl || undefined };
        return isTracked ? { ...opened, tracked } : opened;
      }
      default:
        return { kind };
    }
  }

  async dispatch(event: EventId, planned: readonly Planned[], lease: LeaseRef): Promise<Dispatched> {
    const now = this.#parts.now();
    const [kind, handler] = await this.#run('dispatch', {
      keys: {
        event: this.#partition.keys.event(event),
        deliveries: this.#partition.keys.deliveries(event),
        lock: this.#lockOf(lease),
      },
      args: { id: event, token: lease.token, now, retention: this.#parts.retention },
      each: { planned: planned.map((plan) => this.#plannedRow(event, plan, now)) },
    });
    return kind === 'in-place' ? { kind, handler: String(handler) } : { kind };
  }

  #plannedRow(event: EventId, { handler, delay, priority }: Planned, timestamp: number) {
    const { name, queue } = handler;
    const jobId = deliveryIdOf(event, name);
    const delivery = this.#partition.add({
      queue,
      jobId,
      name,
      work: { kind: 'delivery', event, handler: name },
      timestamp,
      ...(delay === undefined ? {} : { delay }),
      ...(priority === undefined ? {} : { priority }),
    });
    return { handler: name, queue, jobId, delivery };
  }

  async settle(
    ref: WorkRef,
    lease: LeaseRef,
    settlement: Settlement,
    attempt: Omit<AttemptRecord, 'error'>,
    until: number,
  ): Promise<Settled> {
    if (settlement.kind === 'release') {
      await this.#release(ref, lease);
      return { kind: 'settled' };
    }
    const { key: state, field } = this.#stateOf(ref);
    const now = this.#parts.now();
    const keys = { lock: this.#lockOf(lease), attempts: this.#partition.keys.attempts(ref.workId), state };
    const args = {
      workId: ref.workId,
      token: lease.token,
      kind: settlement.kind,
      field,
      counters: `${lease.made}|${lease.stalled}`,
      attempt:
        settlement.kind === 'retry' || settlement.kind === 'bury'
          ? JSON.stringify({ ...attempt, error: serializeError(settlement.error) } satisfies AttemptRecord)
          : '',
      now,
      content: contentOf(ref, lease, settlement, now),
    };
    const add = settlement.kind === 'bury' ? { letter: this.#letterOf(ref, now) } : {};
    if (ref.kind === 'delivery') {
      const [kind] = await this.#run('settle-delivery', {
        keys: { ...keys, event: this.#partition.keys.event(ref.event) },
        args: { ...args, id: ref.event, retention: this.#parts.retention },
        add,
      });
      return { kind };
    }
    const [kind, result] = await this.#run('settle-job', {
      keys,
      args: { ...args, retention: this.#parts.jobRetention, detail: detailOf(settlement, until) },
      add,
    });
    return kind === 'succeeded' ? { kind, result: JSON.parse(String(result ?? 'null')) } : { kind };
  }

  async #release(ref: WorkRef, lease: LeaseRef): Promise<void> {
    const { keys } = this.#partition;
    const [begun, field] =
      ref.kind === 'delivery'
        ? [keys.event(ref.event), `begun/${ref.handler}`]
        : [keys.job(ref.workId), 'begun'];
    await this.#run('release', {
      keys: { lock: this.#lockOf(lease), begun },
      args: { token: lease.token, field },
    });
  }

  async isOver(workId: string): Promise<boolean> {
    const status = await this.#partition.connection.hget(this.#partition.keys.job(workId), 'status');
    return status !== null && isFinal(status as JobStatus);
  }

  async readEvent(event: EventId): Promise<HooklineEvent | undefined> {
    const { connection, keys } = this.#partition;
    const record = eventRecord(await connection.hmgetBuffer(keys.event(event), ...EVENT_FIELDS));
    return record === undefined ? undefined : eventFromRecord(event, record, this.#parts.parsePayload);
  }

  #run<Name extends keyof ScriptCalls>(name: Name, call: ScriptCalls[Name]): Promise<ScriptReplies[Name]> {
    return retryWhileLoading(() => this.#partition.run(name, call));
  }

  #lockOf({ queue, jobId }: LeaseRef): string {
    return this.#partition.keys.bullLock(queue, jobId);
  }

  #stateOf(ref: WorkRef): { key: string; field: string } {
    return ref.kind === 'delivery'
      ? { key: this.#partition.keys.deliveries(ref.event), field: ref.handler }
      : { key: this.#partition.keys.job(ref.workId), field: 'state' };
  }

  /** The script puts the content in: it knows all the attempts. */
  #letterOf(ref: WorkRef, timestamp: number): JobAddition {
    return this.#partition.add({
      queue: DEAD_LETTER_QUEUE,
      jobId: ref.workId,
      name: ref.kind === 'delivery' ? ref.handler : ref.job,
      work: { kind: 'job', data: null },
      timestamp,
    });
  }
}
