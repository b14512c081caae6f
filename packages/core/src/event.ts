import { createHash, hash } from 'node:crypto';

declare const eventId: unique symbol;
/** Our name for an event: letters, digits, `.`, `_` and `-`; the same for every copy a provider sends. */
export type EventId = string & { readonly [eventId]: true };

/**
 * A verified, recorded request, as handlers see it.
 * `Payload` and `Type` come from what the handler asked for with `on`.
 */
export interface HooklineEvent<
  Payload = unknown,
  Type extends string = string,
  Provider extends string = string,
  BodyTrusted extends boolean = boolean,
> {
  readonly id: EventId;
  /** The configured endpoint it came in on. */
  readonly source: string;
  readonly provider: Provider;
  readonly type: Type;
  /** The provider's own id of the event; the body's hash where the provider gave none. */
  readonly providerId: string;
  /** What it is about, by the provider's own id: a customer, a repository, an order; `undefined` where nothing says. */
  readonly subject: string | undefined;
  /** When the request arrived, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The parsed body; `undefined` when it is not JSON (nor a form, for providers that send forms). */
  readonly payload: Payload;
  /** The exact bytes the provider signed. */
  readonly body: Buffer;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** False for providers whose signature does not cover the body: fetch the object again before believing it. */
  readonly bodyTrusted: BodyTrusted;
}

/** A verified request on its way into the store. Bytes, not objects: what was signed is what is kept. */
export interface IncomingEvent {
  readonly id: EventId;
  readonly source: string;
  readonly provider: string;
  readonly providerId: string;
  readonly type: string;
  readonly receivedAt: number;
  readonly verifiedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly sha256: string;
  readonly bodyTrusted: boolean;
  readonly subject?: string;
  /** BullMQ's priority (1 first); absent when no source has priorities. */
  readonly priority?: number;
}

/** In the order of an event's way. */
export const EVENT_STATUSES = ['received', 'queued', 'dispatched', 'handled', 'unhandled', 'dead'] as const;

/**
 * Where an event is on its way.
 * `received` recorded, no job yet · `queued` its job waits or runs · `dispatched` its handlers' jobs are queued ·
 * `handled` every handler succeeded · `unhandled` no handler asked for it, or every one's filter refused it · `dead` a
 * handler gave up on it.
 */
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** Where one event may be with one handler. */
export const DELIVERY_STATUSES = [
  'pending',
  'succeeded',
  'superseded',
  'dead',
  'discarded',
  'filtered',
] as const;

/**
 * `superseded`: a newer event of the same subject made it needless. `filtered`: the handler's filter refused it. Of both
 * nothing ran.
 */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** What accepting an event came to. `unavailable` is also the answer to an unknown outcome: never a 2xx. */
export type AcceptResult =
  | { readonly kind: 'accepted'; readonly id: EventId }
  | { readonly kind: 'duplicate'; readonly id: EventId }
  /** On this machine's disk, and accepted into the store as soon as that can be reached. */
  | { readonly kind: 'spooled'; readonly id: EventId }
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** The store answers, but has to be left the room in which workers can drain it. */
  | { readonly kind: 'full'; readonly reason: string };

/** Those that are a 2xx: the event is kept. */
export type Kept = Extract<AcceptResult, { readonly id: EventId }>;

export function isKept(result: TransferResult): result is Kept {
  return 'id' in result;
}

/** What the receiver needs of a store. */
export interface EventStore {
  /** Records the event and queues its job in one atomic step. Never rejects, never waits longer than its deadline. */
  accept(event: IncomingEvent): Promise<AcceptResult>;
}

/** What handing over an event that nobody waits for came to. `stuck`: the store takes others, but not this one now. */
export type TransferResult = AcceptResult | { readonly kind: 'stuck'; readonly reason: string };

/** A store that also takes what was kept elsewhere meanwhile. */
export interface TransferStore extends EventStore {
  /**
   * Accepts an event that nobody waits for. A large one has as much time as its size needs, and is sent only if it is not
   * there already. Never rejects.
   */
  transfer(event: IncomingEvent): Promise<TransferResult>;
  /** Its parts, where one may be away while others are not. */
  readonly lanes?: StoreLanes;
}

/** Parts of a store that may be away by themselves. Order is kept within each of them. */
export interface StoreLanes {
  /** Each says which events are its own: of the same name, the same ones, also in another process at another time. */
  readonly names: readonly string[];
  /** The number of the lane that an event is in. */
  of(event: Pick<IncomingEvent, 'id' | 'source' | 'subject'>): number;
}

/** From so many bytes on, a body goes where nothing waits behind it: 256 KiB take 21 ms at 100 Mbit/s. */
export const LARGE_BODY_BYTES = 256 * 1024;

/** Milliseconds that a large body adds to the time in which it is to be kept: 2.6 s for 25 MiB, whose senders wait 10 s. */
export function largeBodyTime(bytes: number): number {
  return bytes < LARGE_BODY_BYTES ? 0 : bytes / 10_000;
}

const READABLE_ID = /^(?!sha256-)[A-Za-z0-9._-]{1,160}$/;

/**
 * The id of an event, the same for every copy of it. Readable when the provider's id allows it (most do),
 * hashed otherwise. Source names hold no `.`, so no two pairs share an id, and none is an integer or
 * holds a `:`, which BullMQ would refuse.
 */
export function eventIdOf(source: string, providerId: string): EventId {
  const local = READABLE_ID.test(providerId)
    ? providerId
    : `sha256-${createHash('sha256').update(providerId).digest('base64url')}`;
  return `${source}.${local}` as EventId;
}

/** The source that an event's id names. */
export function sourceOf(id: EventId): string {
  return id.slice(0, Math.max(0, id.indexOf('.')));
}

/** The body's SHA-256 in hex: stored beside the body, so that damage at rest is noticed. */
export function bodyHash(body: Buffer): string {
  return hash('sha256', body, 'hex');
}
