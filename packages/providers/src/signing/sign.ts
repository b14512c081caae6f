import { sign as signWithKey } from 'node:crypto';
import type { ProviderRequest } from '@hookline/core';
import { withDecoded } from './address.ts';
import { labelOf, signatureOf } from './algorithm.ts';
import { requiredPlaces, signedContent } from './content.ts';
import { digestOf } from './digest.ts';
import { putAt, valueAt, type Draft, type Place, type View } from './place.ts';
import type { JwtScheme, Scheme, SharedSecretScheme, SignedContentScheme } from './scheme.ts';
import { secretsFor } from './secret.ts';
import { formatItems, type SignatureItem } from './signature-items.ts';
import { readTestKey, testKeyPair } from './test-key.ts';
import { formatTimestamp } from './timestamp.ts';
import { viewsOf } from './views.ts';

/**
 * The request as a sender with these secrets would send it: the same, with what signing adds to its headers, its
 * query or its body. Signed with every secret where there is room for several signatures, with the first otherwise.
 * @param now milliseconds since the epoch
 * @param id the message id, for schemes that sign one
 * @throws TypeError when no secret is one that this scheme can sign with
 */
export function sign(
  scheme: Scheme,
  request: ProviderRequest,
  secrets: readonly string[],
  now: number,
  id = 'msg',
): ProviderRequest {
  const draft: Draft = { ...request, headers: { ...request.headers } };
  const usable = secretsFor(scheme, secrets).filter((secret) => typeof secret === 'string');
  for (const { at, is } of [...(scheme.when ?? []), ...(scheme.requires ?? [])]) {
    const value = typeof is === 'string' ? is : is?.[0];
    if (at !== 'body' && value !== undefined && valueAt({ request: draft }, at) === undefined)
      putAt(draft, at, value);
  }
  switch (scheme.kind) {
    case 'signed-content':
      signContent(scheme, draft, usable, now, id);
      break;
    case 'shared-secret':
      if (usable[0] === undefined) throw cannotSign(secrets, scheme.signatures[0]);
      for (const { path } of viewsOf(scheme, { ...draft }) ?? [])
        putAt(draft, scheme.signatures[0], writtenSecret(scheme, usable[0]), path);
      break;
    case 'jwt':
      putAt(draft, scheme.signatures[0], `${scheme.prefix}${token(scheme, draft, usable, now)}`);
      break;
  }
  return draft;
}

function writtenSecret({ prefix = '', encoding }: SharedSecretScheme, secret: string): string {
  return prefix + (encoding === undefined ? secret : Buffer.from(secret).toString(encoding));
}

function signContent(
  scheme: SignedContentScheme,
  draft: Draft,
  secrets: readonly string[],
  now: number,
  id: string,
): void {
  const { timestamp: source, idHeader, digest } = scheme;
  const timestamp = source && formatTimestamp(source, now);
  if (idHeader !== undefined) draft.headers[idHeader] = id;
  forEachView(scheme, draft, ({ path }) => {
    if (source && timestamp !== undefined && !('label' in source.at) && !('item' in source.at))
      putAt(draft, source.at, timestamp, path);
    if (scheme.pinned) putAt(draft, scheme.pinned, readTestKey(secrets[0] ?? '').expected, path);
  });
  forEachView(scheme, draft, (view) => {
    const missing = (place: Place) => valueAt({ ...view, request: draft }, place) === undefined;
    for (const place of requiredPlaces(scheme.content))
      if (missing(place)) putAt(draft, place, id, view.path);
    for (const algorithm of scheme.algorithms) {
      if (algorithm.kind !== 'rsa') continue;
      const { at, example } = algorithm.certificate;
      if (missing(at)) putAt(draft, at, example, view.path);
    }
  });
  if (digest) putAt(draft, digest.at, digestOf(digest, draft.body));

  // What is signed is the draft as it is now: no signature covers another.
  const unsigned: Draft = { ...draft };
  const url = scheme.urlDecoded === undefined ? draft.url : withDecoded(draft.url, scheme.urlDecoded);
  forEachView(scheme, unsigned, (view) => {
    const signatures = secrets.flatMap((secret): SignatureItem[] => {
      const parts = { timestamp, id, secret: readTestKey(secret).expected, url };
      const content = signedContent(scheme.content, view, parts);
      for (const algorithm of scheme.algorithms) {
        const signature = content && signatureOf(algorithm, secret, content);
        if (signature)
          return [{ label: labelOf(algorithm, secret), value: signature.toString(algorithm.encoding) }];
      }
      return [];
    });
    if (signatures.length === 0) throw cannotSign(secrets, scheme.signatures[0]);
    placeSignatures(scheme, draft, signatures, timestamp, view.path);
  });
}

function forEachView(scheme: Scheme, draft: Draft, visit: (view: View) => void): void {
  for (const view of viewsOf(scheme, { ...draft }) ?? []) visit(view);
}

function placeSignatures(
  scheme: SignedContentScheme,
  draft: Draft,
  signatures: readonly SignatureItem[],
  timestamp: string | undefined,
  path: readonly (string | number)[] | undefined,
): void {
  const at = scheme.timestamp?.at;
  const label = at !== undefined && 'label' in at ? at.label : undefined;
  const stamped = timestamp !== undefined && at !== undefined && ('label' in at || 'item' in at);
  const stamp: SignatureItem[] = stamped ? [{ label, value: timestamp }] : [];
  if (scheme.itemSeparator === undefined) {
    const [first] = signatures;
    scheme.signatures.forEach((place, index) => {
      const signature = index === 0 ? first : signatures[index];
      if (signature) putAt(draft, place, formatItems([signature], scheme), path);
    });
  } else putAt(draft, scheme.signatures[0], formatItems([...stamp, ...signatures], scheme), path);
}

function token(scheme: JwtScheme, { url }: Draft, secrets: readonly string[], now: number): string {
  const [secret = ''] = secrets;
  const { expected, seed } = readTestKey(secret);
  if (seed === undefined) throw cannotSign(secrets, scheme.signatures[0]);
  const [claim = '', audience = url] = expected.split(' ');
  const iat = Math.floor(now / 1_000);
  const claims = {
    iss: scheme.issuers[0],
    aud: audience,
    iat,
    exp: iat + 3_600,
    [scheme.claim]: claim,
    ...Object.fromEntries(scheme.affirmed.map((name) => [name, true])),
  };
  const signed = [{ alg: 'RS256', kid: 'test-key', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = signWithKey('sha256', Buffer.from(signed), testKeyPair('rsa', seed).privateKey);
  return `${signed}.${signature.toString('base64url')}`;
}

function cannotSign(secrets: readonly string[], place: Place): TypeError {
  return new TypeError(
    `none of the ${secrets.length} secrets can sign for ${JSON.stringify(place)}: a private or shared key is needed, written as the provider writes it; where only the provider has the private key, use a secret with 'test-key:' and 64 hex digits`,
  );
}
