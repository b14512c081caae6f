/** As configured; or the bytes of an HMAC key, for who asks what another reading of a secret would have said. */
export type Secret = string | Buffer;

/** Keys that were fetched, by address: certificates in PEM, or JWK sets. */
export type FetchedKeys = ReadonlyMap<string, string>;

/** A request as it arrived: header names in lower case, the body as exact bytes. */
export interface ProviderRequest {
  readonly method: string;
  /** The path and query that were asked for. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Whether a request was signed by who it says.
 * `missing` no signature · `malformed` one that cannot be read · `stale` signed too long ago, or in the future ·
 * `mismatch` none of the signatures fits any of the secrets.
 */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'missing' | 'malformed' | 'stale' | 'mismatch' };

/** What a provider calls the event. Absent parts are found in no request we know how to read. */
export interface Identity {
  readonly deliveryId?: string;
  readonly type?: string;
  /** What it is about: a customer, a repository, an order. */
  readonly subject?: string;
}

/** One event of a request: the whole of it, or one of a batch. */
export interface ProviderItem extends Identity {
  /** The exact bytes of this event within the request's body. */
  readonly body: Buffer;
  /** False when the signature of this request does not cover the body. */
  readonly bodyTrusted: boolean;
  /** True when the same body may come again and be news: without an id of its own, each is an event. */
  readonly repeats: boolean;
}

/** The answer to a provider that first asks whether the endpoint is ours; the request is not an event. */
export interface HandshakeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a first request comes to. The response is sent when the rest of it has succeeded. */
export type Handshake =
  | { readonly kind: 'respond'; readonly response: HandshakeResponse }
  /** The secret is one of the source's from now on. */
  | { readonly kind: 'keep-secret'; readonly secret: string; readonly response: HandshakeResponse }
  /** Subscribed by asking for an address that the provider's data allows. */
  | { readonly kind: 'fetch'; readonly url: string; readonly response: HandshakeResponse };

/** The answer to an event, where a provider wants a certain one. */
export interface Ack {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

/** A realistic request for tests and `npm run send`, and the headers and query that name it. */
export interface Sample {
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** To be added to the address, as in `data.id=1&type=payment`. */
  readonly query?: string;
}

export interface SignOptions {
  readonly deliveryId?: string;
  /** The address, where it is signed. */
  readonly url?: string;
  /** Default POST. */
  readonly method?: string;
  /** Headers that are there before signing: some are signed. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who sends, and how it signs. Built from one declarative file each. */
export interface Provider {
  readonly name: string;
  /** False when the signature does not cover the body, or not in every request: `ProviderItem` says of which. */
  readonly bodyTrusted: boolean;
  /** How it is found what an event is about, in words that change with it; empty where nothing is. */
  readonly subjectRule: string;
  /** A bare type also stands for its subtypes: `issues` for `issues.opened`. */
  readonly bareTypesMatchSubtypes: boolean;
  /** The most bytes of a body, as long as a source is not configured otherwise. */
  readonly bodyLimit: number;
  /**
   * Whether a request shows by its address and headers alone that it cannot verify, because its signature is not there:
   * then nobody needs its body. False where a first request without a signature has to be answered.
   */
  isUnsigned(request: Pick<ProviderRequest, 'url' | 'headers'>): boolean;
  /** Whether the endpoint's public address is part of what is signed, so that it must be configured. */
  readonly signsUrl: boolean;
  /**
   * Verifies the exact bytes against every secret (rotation) and every signature in the request.
   * @param now milliseconds since the epoch
   * @param keys what stands at the addresses that `keysNeeded` names
   */
  verify(request: ProviderRequest, secrets: readonly Secret[], now: number, keys?: FetchedKeys): Verdict;
  /**
   * The https addresses of the keys without which a request cannot verify: those that the provider's data allows.
   * Empty for a request that needs none, or is refused anyway.
   */
  keysNeeded(request: ProviderRequest, secrets: readonly Secret[], now: number): readonly string[];
  /** Whether an address may be fetched for this provider: keys, and confirmations of subscriptions. */
  mayFetch(url: string): boolean;
  /** Whether its handshakes bring secrets to keep. */
  readonly keepsSecrets: boolean;
  /** When the request says it was signed, in milliseconds since the epoch. */
  signedAt(request: ProviderRequest): number | undefined;
  /**
   * The headers that a provider with this secret would send with this body.
   * @param now milliseconds since the epoch
   */
  sign(body: Buffer, secrets: readonly string[], now: number, options?: SignOptions): Record<string, string>;
  /** The whole request that it would send: some sign in the query or the body. */
  signRequest(
    request: ProviderRequest,
    secrets: readonly string[],
    now: number,
    options?: { readonly deliveryId?: string },
  ): ProviderRequest;
  /** What the request as a whole is called; of a batch, its first event. */
  identify(request: ProviderRequest): Identity;
  /** Whether a request may hold many events, so that an event's bytes are not those that were signed. */
  readonly splits: boolean;
  /**
   * The events in a verified request. A body that is no batch, or too large a one, is one event; an empty batch is
   * none.
   */
  split(request: ProviderRequest): readonly ProviderItem[];
  /**
   * What to answer to a first request; `undefined` for an ordinary one.
   * @param phase `unsigned` before the signature is judged, `verified` after it holds
   */
  handshake(
    request: ProviderRequest,
    secrets: readonly string[],
    phase: 'unsigned' | 'verified',
  ): Handshake | undefined;
  /** The answer that this provider wants to an event that was accepted; any 2xx will do when absent. */
  readonly ack?: Ack;
  /** The same for one request: some senders show or run what they are answered, and not to everything. */
  ackFor?(request: ProviderRequest): Ack | undefined;
  /** What a refused request is asked for, in `WWW-Authenticate`. */
  readonly challenge?: string;
  /** A secret of the form this provider issues, from random bytes. */
  makeSecret(random: Buffer): string;
  readonly sampleTypes: readonly string[];
  /**
   * A realistic request of a type, with fresh ids.
   * @param unique makes the ids of this sample its own
   * @param now milliseconds since the epoch
   * @returns `undefined` for a type without a sample
   */
  sample(type: string, unique: string, now: number): Sample | undefined;
}
