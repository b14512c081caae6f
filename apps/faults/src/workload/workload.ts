import { createHash } from 'node:crypto';
import { seeded, type Random } from './random.ts';

/** What the harness's handlers do with an event: see app/handlers. */
export type Kind =
  | 'recorded'
  | 'split'
  | 'fourfold'
  | 'bank'
  | 'flaky'
  | 'doomed'
  | 'slow'
  | 'pushed'
  | 'large'
  | 'unwanted'
  | PoisonKind;
export type PoisonKind = 'throw' | 'hang' | 'exhaust' | 'exit' | 'reject';

/** How one handler of an event has to end. */
export interface Expected {
  readonly handler: string;
  readonly ends: 'effect' | 'dead';
  /** Whether its effect is made under `ctx.once`, without it, or at a receiving side that honours the key. */
  readonly by: 'once' | 'plain' | 'bank';
}

/** One event as it will be sent. All of it follows from the seed and the number. */
export interface PlannedEvent {
  readonly n: number;
  /** The provider's id. */
  readonly id: string;
  readonly source: 'stripe' | 'github';
  readonly type: string;
  readonly kind: Kind;
  readonly body: Buffer;
  /** SHA-256 of the body in hex. */
  readonly sha: string;
  readonly expected: readonly Expected[];
}

/** How often each kind comes, relative to the others. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

export const USUAL_MIX: Mix = { recorded: 55, split: 10, bank: 8, flaky: 8, doomed: 1, slow: 3, pushed: 15 };

/** With events that no handler asks for: their end is that they have none. */
export const EVERY_END: Mix = { ...USUAL_MIX, doomed: 3, unwanted: 4 };

const ONCE = { ends: 'effect', by: 'once' } as const;
const EXPECTED = {
  recorded: [{ handler: 'record', ...ONCE }],
  split: [
    { handler: 'first', ...ONCE },
    { handler: 'second', ends: 'effect', by: 'plain' },
  ],
  fourfold: ['north', 'east', 'south', 'west'].map((handler) => ({ handler, ...ONCE })),
  bank: [{ handler: 'charge', ends: 'effect', by: 'bank' }],
  flaky: [{ handler: 'flaky', ...ONCE }],
  doomed: [{ handler: 'doomed', ends: 'dead', by: 'plain' }],
  slow: [{ handler: 'slow', ...ONCE }],
  pushed: [{ handler: 'push', ...ONCE }],
  large: [{ handler: 'push', ...ONCE }],
  unwanted: [],
  throw: [{ handler: 'poison', ends: 'dead', by: 'plain' }],
  hang: [{ handler: 'poison', ends: 'dead', by: 'plain' }],
  exhaust: [{ handler: 'poison', ends: 'dead', by: 'plain' }],
  exit: [{ handler: 'poison', ends: 'dead', by: 'plain' }],
  reject: [{ handler: 'poison', ends: 'dead', by: 'plain' }],
} satisfies Record<Kind, readonly Expected[]>;

const POISON: readonly Kind[] = ['throw', 'hang', 'exhaust', 'exit', 'reject'];

/** Plans the events `0 … count - 1` of a run. */
export function planEvents(seed: number, count: number, mix: Mix = USUAL_MIX): PlannedEvent[] {
  const random = seeded(seed);
  const kinds = Object.entries(mix).flatMap(([kind, share]) => Array<Kind>(share).fill(kind as Kind));
  return Array.from({ length: count }, (_, n) => planEvent(seed, n, random.pick(kinds), random));
}

function planEvent(seed: number, n: number, kind: Kind, random: Random): PlannedEvent {
  const source = kind === 'pushed' || kind === 'large' ? 'github' : 'stripe';
  const id = source === 'github' ? uuidOf(seed, n) : `evt_${seed}_${n}`;
  const type = source === 'github' ? 'push' : `ledger.${POISON.includes(kind) ? 'poison' : kind}`;
  const pad =
    kind === 'large'
      ? random.next().toString(36).repeat(LARGE_BYTES).slice(0, LARGE_BYTES)
      : padding(random, random.next() < 0.01 ? random.between(20_000, 60_000) : random.between(50, 1_500));
  const metadata = {
    n,
    kind,
    fails: kind === 'flaky' ? random.between(1, 3) : 0,
    sleep: random.between(500, 2_500),
  };
  const body = Buffer.from(
    JSON.stringify(
      source === 'github'
        ? { ref: 'refs/heads/main', metadata, pad }
        : { id, object: 'event', type, data: { object: { metadata } }, pad },
    ),
  );
  const sha = createHash('sha256').update(body).digest('hex');
  return { n, id, source, type, kind, body, sha, expected: EXPECTED[kind] };
}

/** 0.64 s on a link of 100 Mbit/s. */
export const LARGE_BYTES = 8_000_000;

/** Text that no compression and no luck repeats: a flipped bit in it is found by the hash alone. */
function padding(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += random.next().toString(36).slice(2);
  return text.slice(0, length);
}

/** GitHub names its deliveries with UUIDs. */
function uuidOf(seed: number, n: number): string {
  const hex = createHash('sha256').update(`${seed}/${n}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
