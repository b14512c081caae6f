import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Provider } from '@hookline/core';
import { describeHmac, providers } from '../src/index.ts';

/** A signed request that somebody published, and whether it is right. `from` says where. */
interface Vector {
  readonly provider: string;
  readonly from: string;
  readonly secrets: readonly string[];
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
  /** Seconds; when the request says it was signed, unless given. */
  readonly now?: number;
  readonly valid: boolean;
  readonly reason?: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[];

const convoy = (more: string) =>
  `header=x-convoy-signature; separator=","; prefix=v1=; timestamp=signature:t; content={timestamp},{body}; ${more}`;
const RENAMED: Readonly<Record<string, string>> = { standardwebhooks: 'standard-webhooks' };
const DESCRIBED: Readonly<Record<string, string>> = {
  'raw-hmac-sha256-hex': 'header=x-signature; encoding=hex; algorithm=sha256',
  'convoy-advanced': convoy('encoding=hex'),
  'convoy-advanced-b64': convoy('encoding=base64'),
  'convoy-advanced-sha512': convoy('algorithm=sha512'),
  // GitHub's older header is not among the provider's: it is accepted where somebody asks for it.
  'github-sha1': 'header=x-hub-signature; prefix=sha1=; algorithm=sha1',
  // Providers whose files say the same in other words.
  paddle:
    'header=paddle-signature; separator=";"; prefix=h1=; timestamp=signature:ts; content={timestamp}:{body}; tolerance=5',
  zendesk:
    'header=x-zendesk-webhook-signature; encoding=base64; timestamp=header:x-zendesk-webhook-signature-timestamp; content={timestamp}{body}',
  'coinbase-commerce': 'header=x-cc-webhook-signature',
  razorpay: 'header=x-razorpay-signature',
  openai:
    'header=webhook-signature; separator=" "; prefix=v1,; encoding=base64; key=base64; timestamp=header:webhook-timestamp; content={header:webhook-id}.{timestamp}.{body}',
};

function providerOf({ provider: name, headers }: Vector): Provider {
  const sha1 = name === 'github' && headers['x-hub-signature'] !== undefined;
  const known = providers.get(RENAMED[name] ?? name);
  if (known && !sha1) return known;
  const described = describeHmac(DESCRIBED[sha1 ? 'github-sha1' : name] ?? '');
  if (!described.ok) throw new Error(`${name}: ${described.problems.join('; ')}`);
  return described.provider;
}

describe('published requests', () => {
  it.each(
    vectors.map((vector, index) => [`${index} ${vector.provider}, from ${vector.from}`, vector] as const),
  )('%s', (_, vector) => {
    const provider = providerOf(vector);
    const body = Buffer.from(vector.bodyBase64 ?? vector.body ?? '', vector.bodyBase64 ? 'base64' : 'utf8');
    const request = { method: vector.method, url: vector.url, headers: vector.headers, body };
    const now = vector.now === undefined ? (provider.signedAt(request) ?? 0) : vector.now * 1_000;
    const verdict = provider.verify(request, vector.secrets, now);
    expect(verdict.ok).toBe(vector.valid);
    if (vector.reason !== undefined) expect(verdict).toEqual({ ok: false, reason: vector.reason });
  });

  it('are many', () => expect(vectors.length).toBe(105));
});
