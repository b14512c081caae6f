import type { SignedContentScheme } from './signing/scheme.ts';

/**
 * The scheme of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
 * `v1` is an HMAC whose key is the base64 after `whsec_`, `v1a` is ed25519 with `whpk_` and `whsk_` keys.
 * @param prefix what the three headers begin with
 */
export function standardWebhooksScheme(prefix: 'webhook' | 'svix'): SignedContentScheme {
  return {
    kind: 'signed-content',
    signatures: [{ header: `${prefix}-signature` }],
    itemSeparator: ' ',
    labelSeparator: ',',
    algorithms: [
      {
        kind: 'hmac',
        hash: 'sha256',
        encoding: 'base64',
        label: 'v1',
        key: { encoding: 'base64', optionalPrefix: 'whsec_' },
      },
      {
        kind: 'ed25519',
        encoding: 'base64',
        label: 'v1a',
        keyEncoding: 'base64',
        publicKeyPrefix: 'whpk_',
        privateKeyPrefix: 'whsk_',
      },
    ],
    content: '{id}.{timestamp}.{body}',
    idHeader: `${prefix}-id`,
    timestamp: { at: { header: `${prefix}-timestamp` }, unit: 's', toleranceSeconds: 300 },
  };
}

/** The payload that Standard Webhooks recommends. */
export interface StandardWebhooksEnvelope<Data = Readonly<Record<string, unknown>>> {
  readonly type: string;
  /** ISO 8601: when it happened, which may be before it was sent. */
  readonly timestamp: string;
  readonly data: Data;
}
