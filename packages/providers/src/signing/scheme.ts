import type { JsonPath } from './json-text.ts';
import type { Place } from './place.ts';

/**
 * How a provider signs, as data. `verify` and `sign` work from the same value, so what we accept and what we
 * send in tests cannot drift apart. A provider that signs in a new way is a new member of a union below,
 * never a special case in a provider's file.
 */
export type Scheme = SignedContentScheme | SharedSecretScheme | JwtScheme;

interface AnyScheme {
  /** What makes this the scheme of a request, beside its signature being there. */
  readonly when?: readonly Condition[];
  /** What must hold beside the signature: absent parts are `missing`, other values `malformed`. */
  readonly requires?: readonly Condition[];
  /** Judged by the source's secrets of the form `token:…` alone, which no other scheme uses: a token of our own. */
  readonly secrets?: 'tokens';
  /** Every item of a list in the body is judged by itself, and all must hold; paths begin at the item. */
  readonly each?: { readonly list: JsonPath; readonly item?: JsonPath };
  /** The value here must be the secret, too: a name that we expect, which the signature covers. */
  readonly pinned?: Place;
}

/** A condition on the request alone: that a value is there, one of these, or of this form. `body` is how the body begins. */
export interface Condition {
  readonly at: Place | 'body';
  readonly is?: string | readonly string[];
  readonly matches?: RegExp;
}

/** Signatures of a text that is put together from the request. */
export interface SignedContentScheme extends AnyScheme {
  readonly kind: 'signed-content';
  /** Where signatures stand. Of several places each may have one; the nth secret signs at the nth. */
  readonly signatures: readonly [Place, ...Place[]];
  /** What stands between several signatures at one place; absent, the value is one item. */
  readonly itemSeparator?: string;
  /** Some write a blank after the separator. Two headers of one name are joined so, too: then which is meant? */
  readonly itemBlanks?: 'ignored';
  /** What stands between an item's label and its value (`v1=…`, `v1,…`); absent, items are bare values. */
  readonly labelSeparator?: string;
  /** An item's label chooses its algorithm. A secret of another algorithm's form is passed over. */
  readonly algorithms: readonly [Algorithm, ...Algorithm[]];
  /**
   * The signed text, put together as bytes. Placeholders: `{body}` `{timestamp}` `{id}` `{method}` `{url}`
   * `{secret}`, `{units}` (the low bytes of the body's UTF-16 units), `{crc32}` and `{sha256}` of the body (decimal, hex), `{form}` (the form's pairs, sorted and each
   * once), and places: `{header:x}` `{query:x}` `{form:x}` `{json:a.b}`. `{json:a?}` may be absent and is then empty;
   * text in `[…]` is left out when a placeholder in it is; `{query:x|lower}` is in lower case.
   */
  readonly content: string;
  /** That the parts of the body which are signed are all that matters of it; for contents without the body's bytes. */
  readonly covers?: 'meaning';
  readonly timestamp?: TimestampSource;
  /** The header with the signed message id, in lower case. */
  readonly idHeader?: string;
  /** Where a digest of the body stands that the signature covers in the body's place. */
  readonly digest?: { readonly at: Place; readonly hash: Hash; readonly encoding: SignatureEncoding };
  /** The sender may have signed the address with or without its port. */
  readonly urlPort?: 'optional';
  /** Letters whose escapes the sender decodes in the address before it signs that. */
  readonly urlDecoded?: string;
}

/** The secret itself stands in the request: it proves who sent it, and nothing about the rest. */
export interface SharedSecretScheme extends AnyScheme {
  readonly kind: 'shared-secret';
  readonly signatures: readonly [Place, ...Place[]];
  /** What stands before the secret, in letters of either case as HTTP's schemes are: `Basic `. */
  readonly prefix?: string;
  /** How it is written there, if not as it is. */
  readonly encoding?: 'base64';
  /** What a refusal asks for in `WWW-Authenticate`: some clients log in only when they are asked to. */
  readonly challenge?: string;
}

/**
 * A JSON Web Token (RFC 7519), RS256, of an issuer whose keys stand at an address. The secret says whom to expect:
 * the claim's value, and after a space the audience where that is not the endpoint's own address.
 */
export interface JwtScheme extends AnyScheme {
  readonly kind: 'jwt';
  readonly signatures: readonly [Place, ...Place[]];
  /** What stands before the token: `Bearer `. */
  readonly prefix: string;
  /** The JWK set (RFC 7517). */
  readonly keysAt: string;
  readonly issuers: readonly string[];
  /** The claim that must be the secret. */
  readonly claim: string;
  /** Claims that must be `true`. */
  readonly affirmed: readonly string[];
  /** How far the two clocks may be apart, in seconds. */
  readonly leewaySeconds: number;
}

/** Digits only for `s` and `ms`; `iso` is ISO 8601 with an offset. Several: the first that can be read. */
export type TimeUnit = 's' | 'ms' | 'iso';

export interface TimestampSource {
  /** A place, a labelled item of the signature's own value, or its nth bare item. */
  readonly at: Place | { readonly label: string } | { readonly item: number };
  readonly unit: TimeUnit | readonly [TimeUnit, ...TimeUnit[]];
  /**
   * How far from now a request may have been signed, in seconds, in the past and in the future alike; absent, any
   * time will do.
   */
  readonly toleranceSeconds?: number;
}

export type Algorithm = HmacAlgorithm | HashAlgorithm | Ed25519Algorithm | EcdsaAlgorithm | RsaAlgorithm;

export type Hash = 'sha1' | 'sha256' | 'sha512';
export type SignatureEncoding = 'hex' | 'base64';

export interface HmacAlgorithm {
  readonly kind: 'hmac';
  readonly hash: Hash;
  readonly encoding: SignatureEncoding;
  /** With `keyIdBefore`, a secret is an id, this separator and the key; the item's label is the id. */
  readonly label?: string | { readonly keyIdBefore: string };
  readonly key: KeyForm;
}

/** How an HMAC key is written: its own bytes, an encoding of them (after a prefix that may be left out), or hashed first. */
export type KeyForm =
  | { readonly encoding: 'utf8' }
  | { readonly encoding: 'base64'; readonly optionalPrefix: string }
  | { readonly encoding: 'hex' }
  | { readonly encoding: 'sha1' };

/** A hash of a text that holds the secret. Weaker than an HMAC; for providers that have nothing else. */
export interface HashAlgorithm {
  readonly kind: 'hash';
  readonly hash: Hash;
  readonly encoding: SignatureEncoding;
  readonly label?: string;
}

/** Keys stand after their prefixes: 32 bytes of public key; a private key begins with its 32-byte seed. */
export interface Ed25519Algorithm {
  readonly kind: 'ed25519';
  readonly encoding: SignatureEncoding;
  readonly label?: string;
  readonly keyEncoding: SignatureEncoding;
  readonly publicKeyPrefix: string;
  /** Absent where the provider never shows private keys: a test key signs then (`test-key:…`). */
  readonly privateKeyPrefix?: string;
}

/** ECDSA on P-256 with SHA-256, signatures in DER. The secret is the public key: SPKI in DER, in base64. */
export interface EcdsaAlgorithm {
  readonly kind: 'ecdsa-p256';
  readonly encoding: SignatureEncoding;
  readonly label?: string;
}

/** RSA (PKCS #1 v1.5) with a certificate that the request names. The secret is not the key: see `pinned`, `{secret}`. */
export interface RsaAlgorithm {
  readonly kind: 'rsa';
  readonly hash: Hash;
  readonly encoding: SignatureEncoding;
  readonly label?: string;
  readonly certificate: CertificateRule;
}

export interface CertificateRule {
  /** Where the certificate's https address stands. */
  readonly at: Place;
  /** The only addresses that are fetched: anchored, with the host spelled out. */
  readonly address: RegExp;
  /** One of them, for requests of our own. */
  readonly example: string;
  /** What its subject's common name must be. */
  readonly commonName?: RegExp;
  /** Whether it must lead to a public certificate authority, or the address is proof enough. */
  readonly trust: 'public-authority' | 'address';
}
