import { equal, equalsAny, type FetchedKeys } from '@hookline/core';
import type { Verdict } from '@hookline/core';
import { portVariants, withDecoded } from './address.ts';
import { checker, labelOf, type FindKey } from './algorithm.ts';
import { certificateKey } from './certificate.ts';
import { allHold, conditionValue, holds } from './condition.ts';
import { signedContent, type SignedText } from './content.ts';
import { decodeExactly, inAlphabet } from './encoding.ts';
import { hasDigest } from './digest.ts';
import { verifyJwt } from './jwt.ts';
import { headerOf } from './headers.ts';
import { valueAt, type SignedRequest, type View } from './place.ts';
import type { Algorithm, Scheme, SharedSecretScheme, SignedContentScheme } from './scheme.ts';
import type { Secret } from '@hookline/core';
import { secretsFor } from './secret.ts';
import { itemsOf, MAX_ITEMS, type SignatureItem } from './signature-items.ts';
import { readTestKey } from './test-key.ts';
import { isStale, parseTimestamp, timestampsOf, withoutTimestamp } from './timestamp.ts';
import { viewsOf } from './views.ts';

export type Reason = Extract<Verdict, { ok: false }>['reason'];

const NO_KEYS: FetchedKeys = new Map();

/** Each of these goes through the whole body; of a HMAC, all are compared with one. Nobody rotates more keys at once. */
const MOST_PUBLIC_KEY_SIGNATURES = 4;

/**
 * Whether a request was signed with one of the secrets, over its exact bytes.
 *
 * Reasons are found in this order: `missing`, `malformed`, `stale`, `mismatch`. The first three depend on the
 * request and the clock only; secrets are first used once a request is known to be whole and fresh. So an old
 * request is `stale` whether or not its signature fits, no answer tells a stranger anything about a secret beyond
 * "not this one", and requests that cannot be right cost no cryptography. A signature that is readable and cannot
 * fit (too short, of an unknown version) is a `mismatch`. Without secrets everything is.
 * @param now milliseconds since the epoch
 * @param keys what stands at the addresses that `keysNeeded` names; without one, its signature is a `mismatch`
 * @returns a verdict for any request: it never throws
 */
export function verify(
  scheme: Scheme,
  request: SignedRequest,
  secrets: readonly Secret[],
  now: number,
  keys: FetchedKeys = NO_KEYS,
): Verdict {
  const usable = secretsFor(scheme, secrets);
  // Nearly every request: one text, signed as a whole.
  if (scheme.kind === 'signed-content' && scheme.each === undefined) {
    const reading = read(scheme, { request }, now);
    if (!isWhole(reading)) return { ok: false, reason: reading.kind };
    return verdict(anyFits(scheme, reading, usable, now, keys));
  }
  const views = viewsOf(scheme, request);
  if (views === undefined) return { ok: false, reason: 'malformed' };
  switch (scheme.kind) {
    case 'signed-content': {
      const readings = views.map((view) => read(scheme, view, now));
      const refusal = worst(readings);
      if (refusal !== undefined) return refusal;
      return verdict(
        readings.reduce(
          (fits, reading) => isWhole(reading) && anyFits(scheme, reading, usable, now, keys) && fits,
          true,
        ),
      );
    }
    case 'shared-secret': {
      const readings = views.map((view) => readShared(scheme, view));
      const refusal = worst(readings);
      if (refusal !== undefined) return refusal;
      const expected = usable.filter((secret) => typeof secret === 'string');
      return verdict(
        readings.reduce(
          (fits, reading) => reading.kind === 'shared' && equalsAny(reading.value, expected) && fits,
          true,
        ),
      );
    }
    case 'jwt': {
      const unmet = unmetOf(scheme, { request });
      return unmet === undefined
        ? verifyJwt(scheme, request, usable, now, keys)
        : { ok: false, reason: unmet };
    }
  }
}

/** Whether a request is one that this scheme may judge: its signature is there, whatever it is worth. */
export function applies(scheme: Scheme, request: SignedRequest): boolean {
  const view = viewsOf(scheme, request)?.[0];
  if (view === undefined || !allHold(scheme.when, view)) return false;
  return scheme.signatures.some((place) => valueAt(view, place) !== undefined);
}

/** The signed message id where a scheme signs one: believe it once the request is verified. */
export function signedId(scheme: Scheme, headers: SignedRequest['headers']): string | undefined {
  return scheme.kind !== 'signed-content' || scheme.idHeader === undefined
    ? undefined
    : headerOf(headers, scheme.idHeader);
}

/**
 * When a request says it was signed, in milliseconds since the epoch; `undefined` when it does not, or not readably.
 */
export function signedAt(scheme: Scheme, request: SignedRequest): number | undefined {
  if (scheme.kind !== 'signed-content' || scheme.timestamp === undefined) return undefined;
  const view = viewsOf(scheme, request)?.[0];
  const [timestamp] = view ? timestampsOf(scheme.timestamp, view, itemsOf(view, scheme) ?? []) : [];
  return timestamp === undefined ? undefined : parseTimestamp(scheme.timestamp, timestamp);
}

/**
 * The addresses of the keys without which this request cannot verify: only such as the scheme allows, and none
 * when the secrets hold test keys, or the request is refused anyway.
 */
export function keysNeeded(
  scheme: Scheme,
  request: SignedRequest,
  secrets: readonly Secret[],
  now: number,
): readonly string[] {
  if (!asksForKeys(scheme)) return NO_ADDRESSES;
  const usable = secretsFor(scheme, secrets);
  if (usable.every(hasTestKey)) return NO_ADDRESSES;
  if (scheme.kind === 'jwt') {
    const verdict = verifyJwt(scheme, request, usable, now, NO_KEYS);
    return !verdict.ok && verdict.reason === 'mismatch' ? [scheme.keysAt] : [];
  }
  if (scheme.kind === 'shared-secret') return NO_ADDRESSES;
  return (viewsOf(scheme, request) ?? []).flatMap((view) => {
    if (read(scheme, view, now).kind !== 'whole') return [];
    return scheme.algorithms.flatMap((algorithm) => {
      const address = algorithm.kind === 'rsa' ? valueAt(view, algorithm.certificate.at) : undefined;
      return address === undefined ? [] : [address];
    });
  });
}

const NO_ADDRESSES: readonly string[] = [];

function asksForKeys(scheme: Scheme): boolean {
  if (scheme.kind !== 'signed-content') return scheme.kind === 'jwt';
  return scheme.algorithms.some(({ kind }) => kind === 'rsa');
}

function hasTestKey(secret: Secret): boolean {
  return typeof secret === 'string' && readTestKey(secret).seed !== undefined;
}

interface WholeReading {
  readonly kind: 'whole';
  readonly view: View;
  readonly items: readonly SignatureItem[];
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
  /** What is signed, but for a secret in it and other ways to write the address. */
  readonly content: SignedText;
}
interface Refusal {
  readonly kind: Reason;
}
type Reading = WholeReading | { readonly kind: 'shared'; readonly value: string } | Refusal;

function isWhole(reading: Reading): reading is WholeReading {
  return reading.kind === 'whole';
}

/**
 * The rule that ids hold no `.` is Standard Webhooks' own: with one, `{id}.{timestamp}.{body}` could be cut in
 * two ways and a signature of one message would fit another.
 */
const SAFE_ID = /^[\x21-\x2d\x2f-\x7e]+$/;

function read(scheme: SignedContentScheme, view: View, now: number): WholeReading | Refusal {
  const { request } = view;
  const all = itemsOf(view, scheme);
  if (all === undefined) return { kind: 'missing' };
  const id = signedId(scheme, request.headers);
  if (scheme.idHeader !== undefined && id === undefined) return { kind: 'missing' };
  const unmet = unmetOf(scheme, view) ?? wrongAddress(scheme.algorithms, view);
  if (unmet === 'missing') return { kind: unmet };

  const source = scheme.timestamp;
  const timestamps = source === undefined ? [] : timestampsOf(source, view, all);
  if (source !== undefined && timestamps.length === 0 && !inItems(source.at)) return { kind: 'missing' };

  const items = withoutTimestamp(all, scheme);
  const [timestamp] = timestamps;
  const time = source && timestamp !== undefined ? parseTimestamp(source, timestamp) : undefined;
  const readable =
    unmet === undefined &&
    items.length > 0 &&
    couldBeSigned(scheme.algorithms, items) &&
    (id === undefined || SAFE_ID.test(id)) &&
    (source === undefined || (timestamps.length === 1 && time !== undefined)) &&
    (scheme.pinned === undefined || valueAt(view, scheme.pinned) !== undefined);
  if (!readable) return { kind: 'malformed' };

  const parts = { timestamp, id, secret: '', url: request.url ?? '' };
  const content = signedContent(scheme.content, view, parts);
  if (content === undefined) return { kind: /\{header:/.test(scheme.content) ? 'missing' : 'malformed' };
  if (source && timestamp !== undefined && time !== undefined && isStale(source, timestamp, time, now))
    return { kind: 'stale' };
  return { kind: 'whole', view, items, timestamp, id, content };
}

function readShared(scheme: SharedSecretScheme, view: View): Reading {
  const [value] = scheme.signatures
    .map((place) => valueAt(view, place))
    .filter((found) => found !== undefined);
  if (value === undefined) return { kind: 'missing' };
  const unmet = unmetOf(scheme, view);
  if (unmet !== undefined) return { kind: unmet };
  const secret = sharedSecretIn(value, scheme);
  return secret === undefined ? { kind: 'malformed' } : { kind: 'shared', value: secret };
}

function sharedSecretIn(value: string, { prefix = '', encoding }: SharedSecretScheme): string | undefined {
  if (value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return undefined;
  const written = value.slice(prefix.length);
  return encoding === undefined ? written : decodeExactly(written, encoding)?.toString('utf8');
}

function inItems(at: NonNullable<SignedContentScheme['timestamp']>['at']): boolean {
  return 'label' in at || 'item' in at;
}

function unmetOf({ requires }: Scheme, view: View): 'missing' | 'malformed' | undefined {
  if (requires === undefined) return undefined;
  const values = requires.map((condition) => ({ condition, value: conditionValue(view, condition) }));
  if (values.some(({ value }) => value === undefined)) return 'missing';
  return values.every(({ condition, value }) => holds(condition, value)) ? undefined : 'malformed';
}

/** A certificate from an address that is not allowed is not fetched, and is not one. */
function wrongAddress(algorithms: readonly Algorithm[], view: View): 'missing' | 'malformed' | undefined {
  for (const algorithm of algorithms) {
    if (algorithm.kind !== 'rsa') continue;
    const address = valueAt(view, algorithm.certificate.at);
    if (address === undefined) return 'missing';
    if (!algorithm.certificate.address.test(address)) return 'malformed';
  }
  return undefined;
}

const WORST: readonly Reason[] = ['missing', 'malformed', 'stale', 'mismatch'];

function worst(readings: readonly Reading[]): Verdict | undefined {
  const reason = WORST.find((each) => readings.some(({ kind }) => kind === each));
  return reason === undefined ? undefined : { ok: false, reason };
}

function verdict(fits: boolean): Verdict {
  return fits ? { ok: true } : { ok: false, reason: 'mismatch' };
}

/** False when there are signatures for algorithms we know and every one has letters its encoding has not. */
function couldBeSigned(algorithms: readonly Algorithm[], items: readonly SignatureItem[]): boolean {
  let isOurs = false;
  for (const { label, encoding } of algorithms) {
    for (const item of items) {
      if (typeof label === 'object' ? item.label === undefined : item.label !== label) continue;
      if (inAlphabet(item.value, encoding)) return true;
      isOurs = true;
    }
  }
  return !isOurs;
}

/** Tries every signature with every secret, whatever fits first: the time taken tells nothing about which did. */
function anyFits(
  scheme: SignedContentScheme,
  { view, items, timestamp, id, content: plain }: WholeReading,
  secrets: readonly Secret[],
  now: number,
  keys: FetchedKeys,
): boolean {
  const asked = view.request.url ?? '';
  const urls = urlsOf(scheme, asked);
  const digestHolds = scheme.digest === undefined || hasDigest(scheme.digest, view);
  const findKey: FindKey = ({ certificate }) => {
    const pem = keys.get(valueAt(view, certificate.at) ?? '');
    return pem === undefined ? undefined : certificateKey(pem, certificate, now);
  };
  // Most schemes sign one text, whatever the secret: it is put together once.
  const others = new Map<string, SignedText | undefined>();
  const contentFor = (secret: string, url: string): SignedText | undefined => {
    if (secret === '' && url === asked) return plain;
    const name = JSON.stringify([secret, url]);
    if (!others.has(name))
      others.set(name, signedContent(scheme.content, view, { timestamp, id, secret, url }));
    return others.get(name);
  };

  let fits = false;
  for (const algorithm of scheme.algorithms) {
    for (const secret of secrets) {
      const signatures = signaturesFor(algorithm, secret, items);
      if (signatures.length === 0) continue;
      const holdsSecret = scheme.content.includes('{secret}');
      const expected = scheme.pinned !== undefined || holdsSecret ? expectedOf(secret) : '';
      const pinned = scheme.pinned === undefined || equal(valueAt(view, scheme.pinned) ?? '', expected);
      for (const url of urls) {
        const content = contentFor(holdsSecret ? expected : '', url);
        const fitsSecret = content && checker(algorithm, secret, content, findKey);
        if (!fitsSecret) continue;
        for (const signature of signatures) fits = (fitsSecret(signature) && pinned && digestHolds) || fits;
      }
    }
  }
  return fits;
}

function expectedOf(secret: Secret): string {
  return typeof secret === 'string' ? readTestKey(secret).expected : secret.toString('utf8');
}

/** The items that this secret may have made, as bytes. */
function signaturesFor(
  algorithm: Algorithm,
  secret: Secret,
  items: readonly SignatureItem[],
): readonly Buffer[] {
  const label = labelOf(algorithm, secret);
  const most =
    algorithm.kind === 'hmac' || algorithm.kind === 'hash' ? MAX_ITEMS : MOST_PUBLIC_KEY_SIGNATURES;
  const signatures: Buffer[] = [];
  for (const item of items) {
    if (item.label !== label || signatures.length === most) continue;
    const signature = decodeExactly(item.value, algorithm.encoding);
    if (signature !== undefined) signatures.push(signature);
  }
  return signatures;
}

/** The ways in which the sender may have written the address that was asked for. */
function urlsOf({ urlPort, urlDecoded }: SignedContentScheme, asked: string): readonly string[] {
  if (urlPort === 'optional') return portVariants(asked);
  return urlDecoded === undefined ? [asked] : [...new Set([withDecoded(asked, urlDecoded), asked])];
}
