import type {
  Ack,
  HandshakeResponse,
  IncomingEvent,
  Kept,
  ProviderRequest,
  Source,
  Verdict,
} from '@hookline/core';
import type { IncomingHttpHeaders } from 'node:http';

/** One webhook on its way: what a stage needs of the request, without the socket that it came by. */
export interface Exchange {
  readonly source: Source;
  /** As its provider reads it. */
  readonly request: ProviderRequest;
  /** As it stood in the request line and the headers. */
  readonly asked: Asked;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** When its answer has to leave, by `performance.now()`. */
  readonly deadline: number;
}

export interface Asked {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** The same once its signature holds. */
export interface Verified extends Exchange {
  readonly kind: 'verified';
  readonly secrets: readonly string[];
  readonly verifiedAt: number;
}

/** What a webhook comes to. Every stage may end it with one; the answer, the log line and the metric follow from it. */
export type Outcome =
  /** Every event of it is recorded, or was. */
  | {
      readonly kind: 'kept';
      readonly events: readonly IncomingEvent[];
      readonly results: readonly Kept[];
      /** What its sender wants to hear, if not what its provider wants of all. */
      readonly ack?: Ack;
    }
  /** A first request that is no event. */
  | { readonly kind: 'greeted'; readonly response: HandshakeResponse }
  | { readonly kind: 'unsigned'; readonly reason: Refusal; readonly exchange: Exchange }
  | { readonly kind: 'unknown-source' | 'wrong-method' | 'busy' | 'slow' }
  | { readonly kind: 'too-large'; readonly limit: number }
  /** A key of the provider's is not there yet. */
  | { readonly kind: 'keys-unknown' }
  /** A subscription could not be confirmed yet. */
  | { readonly kind: 'unconfirmed' }
  /** A secret that the provider brought could not be stored. */
  | { readonly kind: 'secret-not-stored'; readonly error: unknown }
  /** The store did not take all of its events. */
  | {
      readonly kind: 'full' | 'unavailable';
      readonly events: readonly IncomingEvent[];
      readonly reason: string;
    }
  /** Something of ours failed. */
  | { readonly kind: 'broken'; readonly error: unknown };

export type Refusal = Extract<Verdict, { readonly ok: false }>['reason'];
