import { createPublicKey, verify as verifyWithKey, type KeyObject } from 'node:crypto';
import { equal, type Secret, type Verdict } from '@hookline/core';
import { valueAt, type SignedRequest } from './place.ts';
import type { JwtScheme } from './scheme.ts';
import { readTestKey, testKeyPair } from './test-key.ts';

/** Judges a request by the token it brings; see `JwtScheme` and `verify`. */
export function verifyJwt(
  scheme: JwtScheme,
  request: SignedRequest,
  secrets: readonly Secret[],
  now: number,
  keys: ReadonlyMap<string, string>,
): Verdict {
  const [value] = scheme.signatures
    .map((place) => valueAt({ request }, place))
    .filter((found) => found !== undefined);
  if (value === undefined) return { ok: false, reason: 'missing' };
  const token = value.startsWith(scheme.prefix) ? readToken(value.slice(scheme.prefix.length)) : undefined;
  if (token === undefined) return { ok: false, reason: 'malformed' };
  const [seconds, { leewaySeconds }] = [now / 1_000, scheme];
  const fresh =
    seconds <= token.expires + leewaySeconds &&
    token.expires <= seconds + LONGEST_LIFE_S &&
    token.issued <= seconds + leewaySeconds;
  if (!fresh) return { ok: false, reason: 'stale' };

  const issued = typeof token.claims['iss'] === 'string' && scheme.issuers.includes(token.claims['iss']);
  const affirmed = scheme.affirmed.every((name) => token.claims[name] === true);
  let fits = false;
  for (const secret of secrets) {
    if (typeof secret !== 'string') continue;
    const { expected, seed } = readTestKey(secret);
    const [claim = '', audience = request.url ?? ''] = expected.split(' ');
    const key =
      seed === undefined
        ? keyNamed(keys.get(scheme.keysAt), token.keyId)
        : testKeyPair('rsa', seed).publicKey;
    const signed = key !== undefined && verifyWithKey('sha256', token.signed, key, token.signature);
    const named = claim !== '' && equal(textOf(token.claims[scheme.claim]), claim);
    const forUs = audience !== '' && equal(textOf(token.claims['aud']), audience);
    fits = (signed && named && forUs && issued && affirmed) || fits;
  }
  return fits ? { ok: true } : { ok: false, reason: 'mismatch' };
}

interface Token {
  readonly keyId: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Seconds since the epoch. */
  readonly expires: number;
  readonly issued: number;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** A token that is good for longer is a mistake somewhere; Google's own library refuses it as well. */
const LONGEST_LIFE_S = 86_400;
/** More than any issuer writes; what is parsed here came from a stranger. */
const LONGEST_TOKEN = 8_192;
const TOKEN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** Only RS256: a token does not choose how it is verified. */
function readToken(text: string): Token | undefined {
  const [, head = '', body = '', signature = ''] = (text.length <= LONGEST_TOKEN && TOKEN.exec(text)) || [];
  const [header, claims] = [parse(head), parse(body)];
  const bytes = Buffer.from(signature, 'base64url');
  if (header === undefined || claims === undefined || bytes.toString('base64url') !== signature)
    return undefined;
  const { alg, kid } = header;
  const { exp, iat } = claims;
  if (alg !== 'RS256' || typeof kid !== 'string') return undefined;
  if (typeof exp !== 'number' || typeof iat !== 'number') return undefined;
  return {
    keyId: kid,
    claims,
    expires: exp,
    issued: iat,
    signature: bytes,
    signed: Buffer.from(`${head}.${body}`),
  };
}

function parse(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function keyNamed(jwks: string | undefined, keyId: string): KeyObject | undefined {
  try {
    const { keys } = JSON.parse(jwks ?? '{}') as { keys?: unknown };
    const found: unknown = Array.isArray(keys)
      ? keys.find((key: { kid?: unknown } | null) => key?.kid === keyId)
      : undefined;
    const { kty, n, e } = (found ?? {}) as Record<string, unknown>;
    if (kty !== 'RSA' || typeof n !== 'string' || typeof e !== 'string') return undefined;
    return createPublicKey({ key: { kty, n, e }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function textOf(claim: unknown): string {
  return typeof claim === 'string' ? claim : '';
}
