import type { HmacAlgorithm, SignedContentScheme } from './signing/scheme.ts';

export type HmacSchemeParts = Partial<Omit<SignedContentScheme, 'kind' | 'signatures' | 'algorithms'>> &
  Partial<Pick<HmacAlgorithm, 'hash' | 'encoding' | 'label' | 'key'>> & {
    /** The header with the signature, in lower case. */
    readonly header: string;
  };

/**
 * What most providers do: an HMAC in a header. SHA-256 in hex over the body, keyed with the secret's own bytes,
 * unless it is said otherwise; a label stands before `=`, unless it is said otherwise.
 */
export function hmacScheme(parts: HmacSchemeParts): SignedContentScheme {
  const { header, hash = 'sha256', encoding = 'hex', label, key = { encoding: 'utf8' }, ...rest } = parts;
  return {
    kind: 'signed-content',
    signatures: [{ header }],
    ...(label === undefined ? {} : { labelSeparator: '=' }),
    algorithms: [{ kind: 'hmac', hash, encoding, key, ...(label === undefined ? {} : { label }) }],
    content: '{body}',
    ...rest,
  };
}
