import {
  bodyHash,
  DEAD_LETTER_QUEUE,
  deliveryIdOf,
  isFinal,
  serializeError,
  type AttemptRecord,
  type EventId,
  type Handler,
  type HooklineEvent,
  type JobStatus,
  type Settlement,
} from '@hookline/core';
import { EVENT_FIELDS, eventFromRow, type EventRow, type ParsePayload } from '../events/record.ts';
import { newFinishToken } from '../jobs/finish-token.ts';
import {
  DISPATCH,
  OPEN_DELIVERY,
  OPEN_JOB,
  RELEASE,
  SETTLE_DELIVERY,
  SETTLE_JOB,
} from './lifecycle-scripts.ts';
import { patiently } from '../client/retry-while-loading.ts';
import { contentOf, detailOf } from './settlement.ts';
import { type Script, type ScriptArg } from '../client/script.ts';
import type { Hold, Subject } from './work-ref.ts';
import type { Partition } from '../client/partition.ts';

/** What the ledger says of work that is about to be run. */
export type Opened<Value> =
  | {
      readonly kind: 'open';
      readonly value: Value;
      /** Workers that died holding it since it was last settled. */
      readonly deaths: number;
      /** The stored bytes are not the ones whose hash was stored with them. */
      readonly damaged: boolean;
      /** Of a tracked job: what somebody else needs to finish it. */
      readonly tracked?: Tracked;
    }
  /** It is sent out, and somebody else has until then (ms since the epoch) to finish it. */
  | { readonly kind: 'awaiting'; readonly until: number }
  /** Nobody finished it in time. */
  | { readonly kind: 'overdue' }
  /** Another job runs this work now. */
  | { readonly kind: 'superseded' }
  /** Another worker has taken the job over. */
  | { readonly kind: 'lost' }
  /** It is settled already; only the job is still to be ended. */
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'dead' }
  /** The event store no longer holds the event. */
  | { readonly kind: 'gone' }
  /** The event was settled, and gave up its body when Redis was filling up. */
  | { readonly kind: 'shed' };

export interface Tracked {
  readonly token: string;
  /** What callback addresses begin with; `undefined` when no receiver has said. */
  readonly publicUrl: string | undefined;
}

/** What settling came to. Only `kept` wrote anything. */
export type Settled =
  | { readonly kind: 'kept' }
  /** Another worker has taken the job over. */
  | { readonly kind: 'lost' }
  /** It was finished or cancelled from outside while it ran. */
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'failed' };

/** What a definition says that the ledger has to know. */
export interface JobTerms {
  readonly maxAttempts: number;
  readonly external: boolean;
}

export type Dispatched =
  | { readonly kind: 'dispatched' | 'unhandled' | 'gone' | 'lost' | 'shed' }
  | { readonly kind: 'in-place'; readonly handler: string };

/** What happened to work, kept in Redis beside the queues and changed in single atomic steps. */
export interface Ledger {
  openDelivery(
    subject: Subject & { readonly kind: 'delivery' },
    hold: Hold,
    inPlace: boolean,
  ): Promise<Opened<HooklineEvent>>;
  openJob(
    subject: Subject & { readonly kind: 'job' },
    hold: Hold,
    terms: JobTerms,
  ): Promise<Opened<undefined>>;
  dispatch(event: EventId, handlers: readonly Planned[], hold: Hold): Promise<Dispatched>;
  /** @param until when somebody else must have finished it; for `await` */
  settle(
    subject: Subject,
    hold: Hold,
    settlement: Settlement,
    attempt: Omit<AttemptRecord, 'error'>,
    until: number,
  ): Promise<Settled>;
  /** Whether a tracked job has its final status. */
  isOver(workId: string): Promise<boolean>;
  /** @returns `undefined` when the store does not hold it, or not its body any more */
  readEvent(event: EventId): Promise<HooklineEvent | undefined>;
}

/** A handler's job as dispatch will queue it. */
export interface Planned {
  readonly handler: Handler;
  readonly delay?: number;
  readonly priority?: number;
}

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
    subject: Subject & { readonly kind: 'delivery' },
    { queue, jobId, token, made, stalled }: Hold,
    inPlace: boolean,
  ): Promise<Opened<HooklineEvent>> {
    const reply = (await this.#run(
      OPEN_DELIVERY,
      [
        this.#partition.keys.event(subject.event),
        this.#partition.keys.deliveries(subject.event),
        this.#partition.keys.bullLock(queue, jobId),
      ],
      [
        this.#partition.prefix,
        subject.event,
        subject.handler,
        subject.workId,
        made,
        stalled,
        inPlace ? 1 : 0,
        this.#parts.now(),
        token,
        queue,
        jobId,
      ],
    )) as [Buffer, Buffer, ...EventRow];
    const [kind, deaths, ...row] = reply;
    const state = kind.toString();
    switch (state) {
      case 'gone':
      case 'lost':
      case 'superseded':
      case 'dead':
      case 'shed':
        return { kind: state };
      case 'succeeded':
        return { kind: 'succeeded', result: null };
      default:
        return {
          kind: 'open',
          value: eventFromRow(subject.event, row, this.#parts.parsePayload),
          deaths: Number(deaths),
          damaged: bodyHash(row[6]) !== row[7].toString(),
        };
    }
  }

  async openJob(
    { workId, job, work }: Subject & { readonly kind: 'job' },
    { queue, jobId, token: lock, made, stalled }: Hold,
    { maxAttempts, external }: JobTerms,
  ): Promise<Opened<undefined>> {
    const reply = (await this.#run(
      OPEN_JOB,
      [this.#partition.keys.job(workId), this.#partition.keys.bullLock(queue, jobId)],
      [
        this.#partition.prefix,
        workId,
        jobId,
        made,
        stalled,
        this.#parts.now(),
        made + 1,
        Math.max(maxAttempts, made + 1),
        external ? 1 : '',
        job,
        queue,
        ...(external ? [JSON.stringify(work.data) ?? 'null', newFinishToken()] : ['', '']),
        lock,
      ],
    )) as Buffer[];
    const [kind, detail, isTracked, token, publicUrl] = reply.map(String);
    switch (kind) {
      case 'succeeded':
        return { kind: 'succeeded', result: JSON.parse(detail ?? 'null') };
      case 'dead':
      case 'overdue':
      case 'superseded':
      case 'lost':
        return { kind };
      case 'awaiting':
        return { kind, until: Number(detail) };
      default:
        return {
          kind: 'open',
          value: undefined,
          deaths: Number(detail),
          damaged: false,
          ...(isTracked
            ? {
                tracked: {
                  token: token ?? '',
                  publicUrl: publicUrl || undefined,
                },
              }
            : {}),
        };
    }
  }

  async dispatch(
    event: EventId,
    planned: readonly Planned[],
    { queue, jobId, token }: Hold,
  ): Promise<Dispatched> {
    const jobKeys: string[] = [];
    const args: ScriptArg[] = [
      this.#partition.prefix,
      event,
      token,
      this.#parts.now(),
      this.#parts.retention,
      planned.length,
    ];
    for (const { handler, delay, priority } of planned) {
      const add = this.#partition.add({
        queue: handler.queue,
        jobId: deliveryIdOf(event, handler.name),
        name: handler.name,
        work: { kind: 'delivery', event, handler: handler.name },
        timestamp: this.#parts.now(),
        ...(delay === undefined ? {} : { delay }),
        ...(priority === undefined ? {} : { priority }),
      });
      jobKeys.push(...add.keys);
      args.push(handler.name, handler.queue, add.script, add.keys.length, ...add.args);
    }
    const reply = String(
      await this.#run(
        DISPATCH,
        [
          this.#partition.keys.event(event),
          this.#partition.keys.deliveries(event),
          this.#partition.keys.bullLock(queue, jobId),
          ...jobKeys,
        ],
        args,
      ),
    );
    const [kind, handler] = reply.split('|');
    if (kind === 'in-place') return { kind, handler: handler ?? '' };
    return { kind: kind as 'dispatched' | 'unhandled' | 'gone' | 'lost' | 'shed' };
  }

  async settle(
    subject: Subject,
    hold: Hold,
    settlement: Settlement,
    attempt: Omit<AttemptRecord, 'error'>,
    until: number,
  ): Promise<Settled> {
    const { key, field } = this.#stateOf(subject);
    const isDelivery = subject.kind === 'delivery';
    const lock = this.#partition.keys.bullLock(hold.queue, hold.jobId);
    if (settlement.kind === 'release') {
      const [begunKey, begun] = isDelivery
        ? [this.#partition.keys.event(subject.event), `begun/${field}`]
        : [key, 'begun'];
      await this.#run(RELEASE, [lock, begunKey], [hold.token, begun]);
      return { kind: 'kept' };
    }
    const failed =
      settlement.kind === 'retry' || settlement.kind === 'bury'
        ? JSON.stringify({ ...attempt, error: serializeError(settlement.error) } satisfies AttemptRecord)
        : '';
    const letter = settlement.kind === 'bury' ? this.#prepareLetter(subject) : undefined;
    const reply = (await this.#run(
      isDelivery ? SETTLE_DELIVERY : SETTLE_JOB,
      [
        lock,
        this.#partition.keys.attempts(subject.workId),
        key,
        isDelivery ? this.#partition.keys.event(subject.event) : key,
        ...(letter?.keys ?? []),
      ],
      [
        this.#partition.prefix,
        isDelivery ? subject.event : '',
        subject.workId,
        hold.token,
        settlement.kind,
        field,
        `${hold.made}|${hold.stalled}`,
        failed,
        this.#parts.now(),
        isDelivery ? this.#parts.retention : this.#parts.jobRetention,
        contentOf(subject, hold, settlement, this.#parts.now()),
        letter?.keys.length ?? 0,
        ...(letter?.args ?? []),
        detailOf(settlement, until),
      ],
    )) as Buffer[];
    const [kind, result] = reply.map(String);
    if (kind === 'succeeded') return { kind, result: JSON.parse(result ?? 'null') };
    return { kind: kind as 'kept' | 'lost' | 'failed' };
  }

  async isOver(workId: string): Promise<boolean> {
    const status = await this.#partition.connection.hget(this.#partition.keys.job(workId), 'status');
    return status !== null && isFinal(status as JobStatus);
  }

  async readEvent(event: EventId): Promise<HooklineEvent | undefined> {
    const row = await this.#partition.connection.hmgetBuffer(
      this.#partition.keys.event(event),
      ...EVENT_FIELDS,
    );
    return row[0] === null || row[6] === null
      ? undefined
      : eventFromRow(event, row as unknown as EventRow, this.#parts.parsePayload);
  }

  #run(script: Script, keys: readonly string[], args: readonly ScriptArg[]): Promise<unknown> {
    return patiently(() => this.#partition.run(script, keys, args));
  }

  #stateOf(subject: Subject): { key: string; field: string } {
    return subject.kind === 'delivery'
      ? { key: this.#partition.keys.deliveries(subject.event), field: subject.handler }
      : { key: this.#partition.keys.job(subject.workId), field: 'state' };
  }

  /** The script puts the content in: it knows all the attempts. */
  #prepareLetter(subject: Subject) {
    return this.#partition.add({
      queue: DEAD_LETTER_QUEUE,
      jobId: subject.workId,
      name: subject.kind === 'delivery' ? subject.handler : subject.job,
      work: { kind: 'job', data: null },
      timestamp: this.#parts.now(),
    });
  }
}
