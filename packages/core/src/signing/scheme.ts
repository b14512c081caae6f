/**
 * How a provider signs, as data. `verify` and `sign` work from the same value, so what we accept and what we
 * send in tests cannot drift apart. A provider that signs in a new way is a new member of a union below,
 * never a special case in a provider's file.
 */
export type Scheme = SignedContentScheme;

/** A header carries signatures of a text that is put together from the request. */
export interface SignedContentScheme {
  readonly kind: 'signed-content';
  /** The header with the signatures, in lower case. */
  readonly header: string;
  /** What stands between several signatures in the header; absent, the header is one item. */
  readonly itemSeparator?: string;
  /** What stands between an item's label and its value (`v1=…`, `v1,…`); absent, items are bare values. */
  readonly labelSeparator?: string;
  /** An item's label chooses its algorithm. A secret of another algorithm's form is passed over. */
  readonly algorithms: readonly Algorithm[];
  /** The signed text with `{timestamp}`, `{id}` and `{body}` in their places; put together as bytes. */
  readonly content: string;
  readonly timestamp?: TimestampSource;
  /** The header with the signed message id, in lower case. */
  readonly idHeader?: string;
}

export type TimestampSource = {
  readonly unit: 's' | 'ms';
  /** How far from now a request may have been signed, in seconds, in the past and in the future alike. */
  readonly toleranceSeconds: number;
} & (
  | { readonly in: 'header'; readonly header: string }
  /** An item of the signature header itself. */
  | { readonly in: 'signature'; readonly label: string }
);

export type Algorithm = HmacAlgorithm | Ed25519Algorithm;

export interface HmacAlgorithm {
  readonly kind: 'hmac';
  readonly hash: 'sha256';
  readonly encoding: SignatureEncoding;
  readonly label?: string;
  readonly key: KeyForm;
}

/** How an HMAC key is written: the secret's own bytes, or base64 after a prefix that may be left out. */
export type KeyForm =
  | { readonly encoding: 'utf8' }
  | { readonly encoding: 'base64'; readonly optionalPrefix: string };

/** Keys are base64 after their prefixes: 32 bytes of public key; a private key begins with its 32-byte seed. */
export interface Ed25519Algorithm {
  readonly kind: 'ed25519';
  readonly encoding: SignatureEncoding;
  readonly label?: string;
  readonly publicKeyPrefix: string;
  readonly privateKeyPrefix: string;
}

export type SignatureEncoding = 'hex' | 'base64';
