import {
  bodyHash,
  DEAD_LETTER_QUEUE,
  deliveryIdOf,
  serializeError,
  type AttemptRecord,
  type BurialReason,
  type DeadLetter,
  type EventId,
  type Handler,
  type HooklineEvent,
  type Settlement,
} from '@hookline/core';
import type { Connection } from './connection.ts';
import type { Enqueuer } from './enqueue.ts';
import { eventFromRow, type EventRow, type ParsePayload } from './event-record.ts';
import type { Keys } from './keys.ts';
import { DISPATCH, OPEN_DELIVERY, OPEN_JOB, SETTLE_DELIVERY, SETTLE_JOB } from './lifecycle-scripts.ts';
import { runScript, type ScriptArg } from './script.ts';

/** One piece of work in the hands of this worker: which job holds it, and by which lock. */
export interface Hold {
  readonly queue: string;
  readonly jobId: string;
  readonly token: string;
  /** BullMQ's counters of the job: tries that were settled, and workers that died holding it. */
  readonly made: number;
  readonly stalled: number;
}

/** What the work is, across its retries and replays. */
export type Subject =
  | { readonly kind: 'delivery'; readonly workId: string; readonly event: EventId; readonly handler: string }
  | { readonly kind: 'job'; readonly workId: string; readonly job: string; readonly data: unknown };

export function deliverySubject(event: EventId, handler: string): Subject & { readonly kind: 'delivery' } {
  return { kind: 'delivery', workId: deliveryIdOf(event, handler), event, handler };
}

/** What the ledger says of work that is about to be run. */
export type Opened<Value> =
  | {
      readonly kind: 'open';
      readonly value: Value;
      /** Workers that died holding it since it was last settled. */
      readonly deaths: number;
      /** The stored bytes are not the ones whose hash was stored with them. */
      readonly damaged: boolean;
    }
  /** It is settled already; only the job is still to be ended. */
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'dead' }
  /** The event store no longer holds the event. */
  | { readonly kind: 'gone' };

export type Dispatched =
  | { readonly kind: 'dispatched' | 'unhandled' | 'gone' | 'lost' }
  | { readonly kind: 'in-place'; readonly handler: string };

/** What happened to work, kept in Redis beside the queues and changed in single atomic steps. */
export interface Ledger {
  openDelivery(
    subject: Subject & { readonly kind: 'delivery' },
    hold: Hold,
    inPlace: boolean,
  ): Promise<Opened<HooklineEvent>>;
  openJob(subject: Subject, hold: Hold): Promise<Opened<undefined>>;
  dispatch(event: EventId, handlers: readonly Planned[], hold: Hold): Promise<Dispatched>;
  /** @returns false when another worker has taken the job over: nothing was written */
  settle(
    subject: Subject,
    hold: Hold,
    settlement: Settlement,
    attempt: Omit<AttemptRecord, 'error'>,
  ): Promise<boolean>;
  readEvent(event: EventId): Promise<HooklineEvent | undefined>;
}

/** A handler's job as dispatch will queue it. */
export interface Planned {
  readonly handler: Handler;
  readonly delay?: number;
  readonly priority?: number;
}

export interface LedgerParts {
  readonly connection: Connection;
  readonly keys: Keys;
  readonly enqueuer: Enqueuer;
  readonly parsePayload: ParsePayload;
  readonly now: () => number;
  /** Milliseconds that a finished event is kept. */
  readonly retention: number;
}

export function createLedger({
  connection,
  keys,
  enqueuer,
  parsePayload,
  now,
  retention,
}: LedgerParts): Ledger {
  const { prefix } = keys;

  function stateOf(subject: Subject): { key: string; field: string } {
    return subject.kind === 'delivery'
      ? { key: keys.deliveries(subject.event), field: subject.handler }
      : { key: keys.job(subject.workId), field: 'state' };
  }

  /** The script puts the content in: it knows all the attempts. */
  function prepareLetter(subject: Subject) {
    return enqueuer.prepare({
      queue: DEAD_LETTER_QUEUE,
      jobId: subject.workId,
      name: subject.kind === 'delivery' ? subject.handler : subject.job,
      work: { kind: 'job', data: null },
      timestamp: now(),
    });
  }

  return {
    async openDelivery(subject, { made, stalled }, inPlace) {
      const reply = (await runScript(
        connection,
        OPEN_DELIVERY,
        [keys.event(subject.event), keys.deliveries(subject.event)],
        [prefix, subject.event, subject.handler, subject.workId, made, stalled, inPlace ? 1 : 0, now()],
      )) as [Buffer, Buffer, ...EventRow];
      const [kind, stalledThen, ...row] = reply;
      switch (kind.toString()) {
        case 'gone':
          return { kind: 'gone' };
        case 'succeeded':
          return { kind: 'succeeded', result: null };
        case 'dead':
          return { kind: 'dead' };
        default:
          return {
            kind: 'open',
            value: eventFromRow(subject.event, row, parsePayload),
            deaths: stalled - Number(stalledThen),
            damaged: bodyHash(row[6]) !== row[7].toString(),
          };
      }
    },

    async openJob(subject, { made, stalled }) {
      // A job that never failed and never lost a worker has left no trace to look for.
      if (made === 0 && stalled === 0) return { kind: 'open', value: undefined, deaths: 0, damaged: false };
      const reply = (await runScript(
        connection,
        OPEN_JOB,
        [stateOf(subject).key],
        [prefix, subject.workId, made, stalled],
      )) as Buffer[];
      const [kind, detail] = reply.map(String);
      switch (kind) {
        case 'succeeded':
          return { kind: 'succeeded', result: JSON.parse(detail ?? 'null') };
        case 'dead':
          return { kind: 'dead' };
        default:
          return { kind: 'open', value: undefined, deaths: stalled - Number(detail), damaged: false };
      }
    },

    async dispatch(event, planned, { queue, jobId, token }) {
      const jobKeys: string[] = [];
      const args: ScriptArg[] = [prefix, event, token, now(), retention, planned.length];
      for (const { handler, delay, priority } of planned) {
        const add = enqueuer.prepare({
          queue: handler.queue,
          jobId: deliveryIdOf(event, handler.name),
          name: handler.name,
          work: { kind: 'delivery', event, handler: handler.name },
          timestamp: now(),
          ...(delay === undefined ? {} : { delay }),
          ...(priority === undefined ? {} : { priority }),
        });
        jobKeys.push(...add.keys);
        args.push(handler.name, handler.queue, add.script, add.keys.length, ...add.args);
      }
      const reply = String(
        await runScript(
          connection,
          DISPATCH,
          [keys.event(event), keys.deliveries(event), keys.bullLock(queue, jobId), ...jobKeys],
          args,
        ),
      );
      const [kind, handler] = reply.split('|');
      if (kind === 'in-place') return { kind, handler: handler ?? '' };
      return { kind: kind as 'dispatched' | 'unhandled' | 'gone' | 'lost' };
    },

    async settle(subject, hold, settlement, attempt) {
      if (settlement.kind === 'release') return true;
      const { key, field } = stateOf(subject);
      const isDelivery = subject.kind === 'delivery';
      const failed =
        settlement.kind === 'complete'
          ? ''
          : JSON.stringify({ ...attempt, error: serializeError(settlement.error) } satisfies AttemptRecord);
      const letter = settlement.kind === 'bury' ? prepareLetter(subject) : undefined;
      const reply = await runScript(
        connection,
        isDelivery ? SETTLE_DELIVERY : SETTLE_JOB,
        [
          ...[keys.bullLock(hold.queue, hold.jobId), keys.attempts(subject.workId), key],
          ...[isDelivery ? keys.event(subject.event) : key, ...(letter?.keys ?? [])],
        ],
        [
          ...[prefix, isDelivery ? subject.event : '', subject.workId, hold.token, settlement.kind, field],
          ...[stateAfter(settlement, hold), failed, now(), retention],
          ...[contentOf(subject, hold, settlement, now()), letter?.keys.length ?? 0, ...(letter?.args ?? [])],
        ],
      );
      return String(reply) === 'settled';
    },

    async readEvent(event) {
      const row = await connection.hmgetBuffer(
        keys.event(event),
        ...[
          'source',
          'provider',
          'providerId',
          'type',
          'receivedAt',
          'headers',
          'body',
          'sha256',
          'bodyTrusted',
        ],
      );
      return row[0] === null ? undefined : eventFromRow(event, row as unknown as EventRow, parsePayload);
    },
  };
}

/** What the state of settled work says: how it ended, and BullMQ's counters at that moment. */
function stateAfter(settlement: Settlement, { made, stalled }: Hold): string {
  return `${settlement.kind === 'complete' ? 'succeeded' : 'dead'}|${made}|${stalled}`;
}

/** The JSON that settling keeps: a job's result, or a dead letter left open for the attempts, which the script adds. */
function contentOf(subject: Subject, hold: Hold, settlement: Settlement, buriedAt: number): string {
  switch (settlement.kind) {
    case 'complete':
      return JSON.stringify(settlement.result) ?? 'null';
    case 'bury':
      return JSON.stringify(deadLetter(subject, hold, settlement.reason, settlement.error, buriedAt)).slice(
        0,
        -1,
      );
    case 'retry':
    case 'release':
      return '';
  }
}

/** Everything of a dead letter but its attempts, which the script adds. */
function deadLetter(
  subject: Subject,
  hold: Hold,
  reason: BurialReason,
  error: unknown,
  buriedAt: number,
): Omit<DeadLetter, 'attempts'> {
  const about =
    subject.kind === 'delivery'
      ? { eventId: subject.event, handler: subject.handler }
      : { job: subject.job, data: subject.data };
  return {
    id: subject.workId,
    queue: hold.queue,
    jobId: hold.jobId,
    reason,
    error: serializeError(error),
    buriedAt,
    ...about,
  };
}
