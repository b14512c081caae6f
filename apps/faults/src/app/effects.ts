import { createHash } from 'node:crypto';
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What the handlers of the harness use of Hookline; they are modules of a user's own, so they import nothing. */
export interface LedgerEvent {
  readonly providerId: string;
  readonly source: string;
  readonly receivedAt: number;
  readonly payload: {
    readonly metadata?: Metadata;
    readonly data?: { readonly object: { readonly metadata: Metadata } };
  };
  readonly body: Buffer;
}

export interface Metadata {
  readonly n: number;
  readonly kind: string;
  readonly fails: number;
  /** Milliseconds. */
  readonly sleep: number;
}

export interface LedgerContext {
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  once<Result>(key: string, fn: () => Result | Promise<Result>): Promise<Result>;
}

const folder = process.env['LEDGER_EFFECTS'] ?? '.';
mkdirSync(folder, { recursive: true });
/** Appended to without a buffer of ours: what is written is the kernel's, and outlives this process. */
const file = openSync(join(folder, `${process.pid}.jsonl`), 'a');
/** The machine's clock, also in a process whose `Date` is made to lie: both logs need one time. */
const machineTime = (): number => performance.timeOrigin + performance.now();

function write(what: 'begin' | 'effect', handler: string, event: LedgerEvent, ctx: LedgerContext): void {
  const sha = createHash('sha256').update(event.body).digest('hex');
  const line = {
    what,
    id: event.providerId,
    handler,
    attempt: ctx.attempt,
    key: ctx.idempotencyKey,
    sha,
    pid: process.pid,
    at: machineTime(),
    received: event.receivedAt,
    source: event.source,
  };
  writeSync(file, `${JSON.stringify(line)}\n`);
}

export function begin(handler: string, event: LedgerEvent, ctx: LedgerContext): void {
  write('begin', handler, event, ctx);
}

export function effect(handler: string, event: LedgerEvent, ctx: LedgerContext): void {
  write('effect', handler, event, ctx);
}

let turn: Promise<unknown> = Promise.resolve();

/**
 * Makes the effect under `ctx.once`, one at a time in this process: whatever kills it catches at most one between
 * the effect and its being kept.
 */
export function effectOnce(handler: string, event: LedgerEvent, ctx: LedgerContext): Promise<void> {
  const mine = turn.then(() => ctx.once('effect', () => effect(handler, event, ctx)));
  turn = mine.catch(() => undefined);
  return mine;
}

export function metadataOf(event: LedgerEvent): Metadata {
  const found = event.payload.metadata ?? event.payload.data?.object.metadata;
  if (found === undefined) throw new Error(`${event.providerId} carries no metadata`);
  return found;
}

/** The address of the receiving side that honours idempotency keys. */
export const bankUrl = process.env['LEDGER_BANK'] ?? '';
