import { bodyHash, eventIdOf, type AttemptSnapshot, type EventSnapshot, type History } from '@hookline/core';
import type { Bench } from '../host/bench.ts';

const BLOCK = 1_000;
const DAYS_30 = 30 * 86_400_000;
/** Of so many events the handler of one gives up. */
const DEAD = 200;
const TYPES = ['payment_intent.succeeded', 'invoice.paid', 'charge.refunded', 'customer.created'];
const ERRORS = ['has no address', 'is locked', 'is not known', 'has no mandate'];
export const WORDS = ['blue', 'green', 'small', 'large', 'round', 'plain', 'wool', 'glass', 'paper', 'steel'];

export interface MadeHistory {
  readonly rows: number;
  /** When the newest came, in milliseconds since the epoch; the others over the thirty days before. */
  readonly until: number;
  /** Whether each has what its handler did, too. */
  readonly withAttempts?: boolean;
}

/** Fills a history with events as a shop's provider sends them, and says how far it is. */
export async function fillHistory(bench: Bench, into: History, made: MadeHistory): Promise<void> {
  const { rows, withAttempts = false } = made;
  const began = performance.now();
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    const events = Array.from({ length: count }, (_, at) => madeEvent(from + at, made));
    const attempts = withAttempts ? events.map((event, at) => madeAttempt(event, from + at)) : [];
    await into.record({ events, attempts, refusals: [], audit: [], cursor: undefined });
    if ((from / BLOCK) % 100 === 99) {
      const perSecond = Math.round((from / (performance.now() - began)) * 1000);
      bench.options.say(`history: ${from + count} of ${rows} rows, ${perSecond} each second`);
    }
  }
}

export function madeProviderId(n: number): string {
  return `evt_${n.toString(36).padStart(10, '0')}`;
}

/** Some words are in all of them, some in a tenth, some in one. */
function madeEvent(n: number, { rows, until }: MadeHistory): EventSnapshot {
  const providerId = madeProviderId(n);
  const type = TYPES[n % TYPES.length] ?? '';
  const word = (by: number) => WORDS[Math.floor(n / by) % WORDS.length] ?? '';
  const object = {
    id: `pi_${(n * 7_919).toString(36)}`,
    amount: 100 + (n % 9_973),
    currency: n % 3 === 0 ? 'usd' : 'eur',
    customer: `cus_${(n % 50_000).toString(36)}`,
    receipt_email: `person${n % 200_000}@example.com`,
    status: 'succeeded',
    description: `a ${word(1)} ${word(10)} thing of ${word(100)}`,
    metadata: { order: `order-${n}`, note: 'x'.repeat(500) },
  };
  const body = Buffer.from(
    JSON.stringify({ id: providerId, object: 'event', livemode: true, type, data: { object } }),
  );
  const at = until - DAYS_30 + Math.floor((n / rows) * DAYS_30);
  return {
    id: eventIdOf('stripe', providerId),
    revision: `${at}-0`,
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type,
    status: n % DEAD === 0 ? 'dead' : 'handled',
    receivedAt: at,
    verifiedAt: at + 1,
    recordedAt: at + 2,
    settledAt: at + 20,
    headers: { 'content-type': 'application/json', 'stripe-signature': `t=${n},v1=${'a'.repeat(64)}` },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
    deliveries: [{ handler: 'send-receipt', status: n % DEAD === 0 ? 'dead' : 'succeeded' }],
  };
}

function madeAttempt({ id, status, recordedAt }: EventSnapshot, n: number): AttemptSnapshot {
  const isDead = status === 'dead';
  const why = ERRORS[Math.floor(n / DEAD) % ERRORS.length] ?? '';
  return {
    event: id,
    handler: 'send-receipt',
    run: `run-${n}`,
    number: 1,
    worker: 'host:7',
    startedAt: recordedAt + 3,
    endedAt: recordedAt + 10 + (n % 40),
    outcome: isDead ? 'dead' : 'succeeded',
    error: isDead ? { name: 'TypeError', message: `customer cus_${n}a8f3 ${why}` } : undefined,
    log: [],
  };
}
