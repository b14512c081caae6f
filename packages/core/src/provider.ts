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
}

/** The answer to a provider that first asks whether the endpoint is ours; the request is not an event. */
export interface HandshakeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A realistic body for tests and `npm run send`, and the headers that name it. */
export interface Sample {
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Who sends, and how it signs. Built from one declarative file each. */
export interface Provider {
  readonly name: string;
  /** False when the signature does not cover the body. */
  readonly bodyTrusted: boolean;
  /** A bare type also stands for its subtypes: `issues` for `issues.opened`. */
  readonly bareTypesMatchSubtypes: boolean;
  /**
   * Verifies the exact bytes against every secret (rotation) and every signature in the request.
   * @param now milliseconds since the epoch
   */
  verify(request: ProviderRequest, secrets: readonly string[], now: number): Verdict;
  /**
   * The headers that a provider with this secret would send with this body.
   * @param now milliseconds since the epoch
   */
  sign(
    body: Buffer,
    secrets: readonly string[],
    now: number,
    options?: { readonly deliveryId?: string },
  ): Record<string, string>;
  identify(request: ProviderRequest): Identity;
  /** Called after the signature holds; `undefined` for an ordinary event. */
  handshake(request: ProviderRequest): HandshakeResponse | undefined;
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
