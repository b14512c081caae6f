import type { Ack, ProviderName } from '@hookline/core';
import type { Condition, Hash, Scheme, SignatureEncoding } from './signing/scheme.ts';
import type { JsonPath } from './signing/json-text.ts';
import type { Place } from './signing/place.ts';

/** A provider as data: all that its file holds beside its event types. */
export interface ProviderSpec<Name extends ProviderName = ProviderName> {
  readonly name: Name;
  /** Where its own documentation describes it. */
  readonly docs?: string;
  /** How it signs. The first scheme that applies to a request is the one that must hold. */
  readonly schemes: readonly [Scheme, ...Scheme[]];
  /** False although the signature covers the body: the body only says where to look. */
  readonly bodyTrusted?: false;
  /** Where the event's id stands; the first place that has one counts. Paths begin at the item of a batch. */
  readonly deliveryId: readonly Locator[];
  /** Where the event's type stands; the first place that has one counts. */
  readonly type: readonly Locator[];
  /**
   * Where what the event is about stands, the first place that has it: the customer, the repository, the order. Ids, and
   * nothing that tells of a person: people see it who see no payload.
   */
  readonly subject?: readonly Locator[];
  /** Two equal bodies without an id are two events. For providers that only say "go and look". */
  readonly repeats?: true;
  /** The list whose elements are events (`[]` is the body itself), and the way from an element to what it says. */
  readonly batch?: { readonly list: JsonPath; readonly item?: JsonPath };
  /** The most bytes of a body, where the provider documents that or sends files along; see body-limit.ts. */
  readonly bodyLimit?: number;
  /** See `Provider.bareTypesMatchSubtypes`. Default false. */
  readonly bareTypesMatchSubtypes?: boolean;
  /** How forms are read when the provider sends them; absent, it sends none. */
  readonly form?: { readonly jsonField: string } | 'fields';
  readonly handshakes?: readonly HandshakeSpec[];
  readonly ack?: Ack;
  /** What it wants for some of its requests: the first that applies. Some senders show or run what they are answered. */
  readonly acks?: readonly { readonly when: readonly Condition[]; readonly ack: Ack }[];
  /** What a secret of this provider looks like. */
  readonly secret: SecretForm;
  /** What is published of its patience and its retries, for the docs. */
  readonly delivery?: string;
  readonly samples: Readonly<Record<string, SampleSpec>>;
}

/** Random bytes between a prefix and a suffix; `test-key` where only the provider has the private key. */
export interface SecretForm {
  readonly prefix: string;
  readonly encoding: 'hex' | 'HEX' | 'base64' | 'test-key';
}

/** Where a value comes from. */
export type Locator =
  | Place
  /** In a body of JSON, from its beginning: beside the items of a batch. */
  | { readonly root: JsonPath }
  /** The message id that the scheme in use signs: never a header that nobody signed. */
  | { readonly signed: 'id' }
  /** All of them, or none: joined with `.`, or with `:` where each is kept apart from the next. */
  | { readonly all: readonly Locator[]; readonly joinedBy?: '.' | ':' }
  /** The value, and nothing where there is none: for a part of `all` that some events lack. */
  | { readonly optional: Locator }
  /** A digest of what stands there, as it was sent: the whole body or item for `[]`. For what has no id, or one too few. */
  | { readonly digestOf: JsonPath }
  /** The first name in the object at the path, but for these. */
  | { readonly nameIn: JsonPath; readonly except: readonly string[] }
  /** The first group of a pattern in the text at a place. */
  | { readonly in: Place; readonly decoded?: 'base64'; readonly match: RegExp }
  /** Always this, or wherever there is something at a place: for what has no name of its own. */
  | { readonly constant: string; readonly where?: Place };

/** A first request of a kind that is no event. */
export interface HandshakeSpec {
  /** Default POST. */
  readonly method?: 'GET' | 'HEAD';
  /** Whether the signature must hold first. */
  readonly verified: boolean;
  readonly when?: readonly Condition[];
  /** Where one of the source's secrets of the form `token:…` must stand. */
  readonly token?: Place;
  readonly answer: HandshakeAnswer;
}

/** What may be sent back of a first request: `form` must match the whole of it. Letters, digits, `.`, `_`, `-` unless given. */
interface Reflected {
  readonly of: Place;
  readonly form?: RegExp;
}

export type HandshakeAnswer =
  | { readonly kind: 'fixed'; readonly ack: Ack }
  /** The text itself, as plain text. */
  | ({ readonly kind: 'echo' } & Reflected)
  /** Proof of the secret over a text that cannot be a signed message: see `form`. */
  | ({
      readonly kind: 'proof';
      readonly hash: Hash;
      readonly encoding: SignatureEncoding;
      /** As in an `HmacAlgorithm`. */
      readonly key?: { readonly encoding: 'sha1'; readonly keyIdBefore: string };
      /** JSON with the text and the proof in these fields; absent, the key's id, its separator and the proof. */
      readonly json?: { readonly text?: string; readonly proof: string; readonly prefix?: string };
    } & Reflected)
  /** The secret of this subscription; sent back in a header where the provider wants that. */
  | { readonly kind: 'keep-secret'; readonly at: Place; readonly echoedIn?: string; readonly form?: RegExp }
  /** An address to ask for; only such as match. */
  | { readonly kind: 'fetch'; readonly at: Place; readonly address: RegExp };

export interface SampleSpec {
  readonly headers?: (seed: SampleSeed) => Readonly<Record<string, string>>;
  /** A body of JSON; a text as it is. */
  readonly body: (seed: SampleSeed) => object | string;
  readonly query?: (seed: SampleSeed) => Readonly<Record<string, string>>;
}

export interface SampleSeed {
  /** Letters and digits that belong to this sample only. */
  readonly unique: string;
  /** Seconds since the epoch. */
  readonly seconds: number;
  /** ISO 8601, in UTC. */
  readonly iso: string;
  /** A number of 12 digits for a named thing in this sample: the same name gives the same number. */
  readonly number: (name: string) => number;
  readonly uuid: (name: string) => string;
}
