import type { ProviderRequest, Verdict } from '../provider.ts';
import { checker } from './algorithm.ts';
import { signedContent } from './content.ts';
import { decodeExactly, inAlphabet } from './encoding.ts';
import type { Algorithm, Scheme, SignedContentScheme, TimestampSource } from './scheme.ts';
import { parseSignatureHeader, type HeaderItem } from './signature-header.ts';

/**
 * Whether a request was signed with one of the secrets, over its exact bytes.
 *
 * Reasons are found in this order: `missing`, `malformed`, `stale`, `mismatch`. The first three depend on the
 * request and the clock only; secrets are first used once a request is known to be whole and fresh. So an old
 * request is `stale` whether or not its signature fits, no answer tells a stranger anything about a secret beyond
 * "not this one", and requests that cannot be right cost no cryptography. A signature that is readable and cannot
 * fit (too short, of an unknown version) is a `mismatch`. Without secrets everything is.
 * @param now milliseconds since the epoch
 * @returns a verdict for any request: it never throws
 */
export function verify(
  scheme: Scheme,
  request: Pick<ProviderRequest, 'headers' | 'body'>,
  secrets: readonly string[],
  now: number,
): Verdict {
  const reading = read(scheme, request.headers);
  if (reading.kind !== 'whole') return { ok: false, reason: reading.kind };
  if (scheme.timestamp && isStale(scheme.timestamp, reading.timestamp, now)) {
    return { ok: false, reason: 'stale' };
  }
  const content = signedContent(scheme.content, { ...reading, body: request.body });
  return anyFits(scheme, reading.items, secrets, content) ? { ok: true } : { ok: false, reason: 'mismatch' };
}

/** The signed message id where a scheme signs one: believe it once the request is verified. */
export function signedId(scheme: Scheme, headers: ProviderRequest['headers']): string | undefined {
  return scheme.idHeader === undefined ? undefined : headerOf(headers, scheme.idHeader);
}

/** The value of a header; `undefined` also when it is empty. */
export function headerOf(headers: ProviderRequest['headers'], name: string): string | undefined {
  const value: unknown = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

type Reading =
  | { readonly kind: 'missing' | 'malformed' }
  | {
      readonly kind: 'whole';
      readonly items: readonly HeaderItem[];
      readonly timestamp: string | undefined;
      readonly id: string | undefined;
    };

/**
 * The rule that ids hold no `.` is Standard Webhooks' own: with one, `{id}.{timestamp}.{body}` could be cut in
 * two ways and a signature of one message would fit another.
 */
const SAFE_ID = /^[\x21-\x2d\x2f-\x7e]+$/;
const DIGITS = /^\d+$/;

function read(scheme: SignedContentScheme, headers: ProviderRequest['headers']): Reading {
  const header = headerOf(headers, scheme.header);
  const id = signedId(scheme, headers);
  if (header === undefined) return { kind: 'missing' };
  if (scheme.idHeader !== undefined && id === undefined) return { kind: 'missing' };

  const items = parseSignatureHeader(header, scheme);
  const timestamps = timestampsOf(scheme.timestamp, headers, items);
  if (scheme.timestamp?.in === 'header' && timestamps.length === 0) return { kind: 'missing' };

  const timestamp = timestamps[0];
  const readable =
    items.length > 0 &&
    couldBeSigned(scheme.algorithms, items) &&
    (id === undefined || SAFE_ID.test(id)) &&
    (scheme.timestamp === undefined || (timestamps.length === 1 && DIGITS.test(timestamp ?? '')));
  return readable ? { kind: 'whole', items, timestamp, id } : { kind: 'malformed' };
}

/** All of them: a header with two timestamps does not say which one was signed. */
function timestampsOf(
  source: TimestampSource | undefined,
  headers: ProviderRequest['headers'],
  items: readonly HeaderItem[],
): readonly string[] {
  switch (source?.in) {
    case undefined:
      return [];
    case 'header': {
      const value = headerOf(headers, source.header);
      return value === undefined ? [] : [value];
    }
    case 'signature':
      return items.filter(({ label }) => label === source.label).map(({ value }) => value);
  }
}

/** False when there are signatures for algorithms we know and every one has letters its encoding has not. */
function couldBeSigned(algorithms: readonly Algorithm[], items: readonly HeaderItem[]): boolean {
  const ours = algorithms.flatMap(({ label, encoding }) =>
    items.filter((item) => item.label === label).map((item) => inAlphabet(item.value, encoding)),
  );
  return ours.length === 0 || ours.includes(true);
}

function isStale(source: TimestampSource, timestamp: string | undefined, now: number): boolean {
  const unit = source.unit === 's' ? 1_000 : 1;
  const age = Math.floor(now / unit) - Number(timestamp);
  return !(Math.abs(age) * unit <= source.toleranceSeconds * 1_000);
}

/** Tries every signature with every secret, whatever fits first: the time taken tells nothing about which did. */
function anyFits(
  { algorithms }: SignedContentScheme,
  items: readonly HeaderItem[],
  secrets: readonly string[],
  content: Buffer,
): boolean {
  let fits = false;
  for (const algorithm of algorithms) {
    const signatures = items
      .filter(({ label }) => label === algorithm.label)
      .map(({ value }) => decodeExactly(value, algorithm.encoding))
      .filter((signature) => signature !== undefined);
    if (signatures.length === 0) continue;
    for (const secret of secrets) {
      const fitsSecret = checker(algorithm, secret, content);
      if (!fitsSecret) continue;
      for (const signature of signatures) fits = fitsSecret(signature) || fits;
    }
  }
  return fits;
}
