import type { DeliveryStatus, EventId, EventStatus } from './event.ts';

/** What became of one handler's delivery, as the store has it now. */
export interface DeliverySnapshot {
  readonly handler: string;
  readonly status: DeliveryStatus;
  /** Of a `filtered` one: the condition that did not hold. */
  readonly reason?: string;
}

/**
 * An event as the store has it at one moment, with the exact bytes that came in. The later of two snapshots holds
 * more; `revision` says which it is.
 */
export interface EventSnapshot {
  readonly id: EventId;
  /** Grows with every change of the event: milliseconds since the epoch and a count, as the change's own id has them. */
  readonly revision: Revision;
  readonly source: string;
  readonly provider: string;
  readonly providerId: string;
  /** What it is about, where something says. */
  readonly subject?: string;
  readonly type: string;
  readonly status: EventStatus;
  /** Milliseconds since the epoch, as all times here. */
  readonly receivedAt: number;
  readonly verifiedAt: number;
  readonly recordedAt: number;
  /** When the last of its handlers was through. */
  readonly settledAt: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` when the store gave it up to make room. */
  readonly body: Buffer | undefined;
  readonly sha256: string;
  readonly bodyTrusted: boolean;
  readonly deliveries: readonly DeliverySnapshot[];
}

/** A place in the stream of changes: `milliseconds-count`. */
export type Revision = `${number}-${number}`;

/** How one attempt of a delivery ended. */
export type AttemptOutcome = 'succeeded' | 'retried' | 'dead';

/** One attempt of a delivery that is over. */
export interface AttemptSnapshot {
  readonly event: EventId;
  readonly handler: string;
  /** Names the run, whichever process it was in: what makes recording it twice one. */
  readonly run: string;
  /** Counts from 1. */
  readonly number: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: AttemptOutcome;
  /** Why it failed. */
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string } | undefined;
  /** What `ctx.log` said, line by line, bounded. */
  readonly log: readonly LogLine[];
}

export interface LogLine {
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A request that was not accepted, with what helps to find out why; secrets are taken out before it gets here. */
export interface RefusalSnapshot {
  /** What makes recording it twice one. */
  readonly id: string;
  readonly at: number;
  readonly source: string;
  readonly provider: string | undefined;
  readonly status: number;
  readonly reason: string;
  readonly likely: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The first bytes of the body. */
  readonly excerpt: Buffer;
  /** The size of the whole body as far as it was read. */
  readonly bytes: number;
  /** How many like it were refused and left out under a flood. */
  readonly suppressed: number;
  /** Who sent it: an address, of IPv6 the network. */
  readonly peer: string | undefined;
}

/** A request that was not accepted, before it is recorded anywhere. */
export type RefusedRequest = Omit<RefusalSnapshot, 'id'>;

/** Somebody's act that changed something, or was to: a replay, a discard, a pause. */
export interface AuditLine {
  /** What makes recording it twice one. */
  readonly id: string;
  readonly at: number;
  /** Who, as far as is known. */
  readonly actor: string;
  readonly action: string;
  /** What it was done to: an event's, delivery's or queue's id. */
  readonly target: string;
  /** What came of it, in a word: `replayed`, `gone`. */
  readonly outcome: string;
  readonly detail: string | undefined;
}

/** An act before it is recorded anywhere. */
export type OperatorAct = Omit<AuditLine, 'id' | 'at' | 'detail'> & { readonly detail?: string };

/** An act that was done. @param reason as it was typed: nothing is none */
export function actDone(actor: string, action: string, target: string, reason?: string): OperatorAct {
  const why = reason === undefined || reason === '' ? {} : { detail: reason };
  return { actor, action, target, outcome: 'done', ...why };
}

/** Below 0 when `a` is earlier than `b`, above 0 when it is later. */
export function compareRevisions(a: Revision, b: Revision): number {
  const [aMs = 0, aCount = 0] = a.split('-').map(Number);
  const [bMs = 0, bCount = 0] = b.split('-').map(Number);
  return aMs - bMs || aCount - bCount;
}
