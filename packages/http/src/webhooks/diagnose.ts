import type { FetchedKeys, Provider, ProviderRequest, Secret } from '@hookline/core';

/** A request that did not verify, and what is known around it. */
export interface Case {
  readonly provider: Provider;
  readonly request: ProviderRequest;
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly keys?: FetchedKeys;
  /** Secrets that this source had before. */
  readonly formerSecrets?: readonly string[];
  /** Secrets of other sources, by their names. */
  readonly otherSecrets?: ReadonlyMap<string, readonly string[]>;
  /** The address as the request itself and the proxies before us have it. */
  readonly askedUrls?: readonly string[];
}

/**
 * A larger body is not searched: anybody can send one, so what it costs has to be small. 1 MiB that was nested deep
 * once blocked a receiver for 18 s.
 */
const LARGEST_BODY = 8 * 1024;
/** What is nested deeper is not spelled anew: indenting it takes time and memory with the square of its depth. */
const DEEPEST = 32;

/**
 * The likely cause why a signature does not hold: what would have made it hold. For the log alone: in an answer it
 * would tell a stranger about secrets.
 * @returns `undefined` when no change that we know of would have helped
 */
export function diagnose(patient: Case): string | undefined {
  const { provider, request, secrets, now, keys } = patient;
  if (request.body.length > LARGEST_BODY) return undefined;
  const holds = (changes: {
    readonly request?: Partial<ProviderRequest>;
    readonly secrets?: readonly Secret[];
    readonly now?: number;
  }) =>
    provider.verify({ ...request, ...changes.request }, changes.secrets ?? secrets, changes.now ?? now, keys)
      .ok;

  const signedAt = provider.signedAt(request);
  if (signedAt !== undefined && holds({ now: signedAt })) return skew(now - signedAt);
  const time = signedAt === undefined ? {} : { now: signedAt };

  for (const body of otherSpellings(request.body))
    if (holds({ ...time, request: { body } }))
      return 'the body was written anew on its way (a proxy or a body parser): it verifies as JSON of another spelling; pass the bytes on as they came';
  for (const url of patient.askedUrls ?? [])
    if (holds({ ...time, request: { url } }))
      return 'the sender signed another address than the one that is configured: it verifies with the address of the request; set WEBHOOK_URL_<SOURCE> to the address that the provider was given';
  if (patient.formerSecrets?.length && holds({ ...time, secrets: patient.formerSecrets }))
    return 'it was signed with the secret that was replaced: keep both until the provider has switched';
  for (const [source, others] of patient.otherSecrets ?? [])
    if (holds({ ...time, secrets: others }))
      return `it was signed with the secret of the source ${source}: the provider sends to the wrong address, or two secrets are exchanged`;
  for (const { secret, cause } of secrets.flatMap(otherReadings))
    if (holds({ ...time, secrets: [secret] })) return cause;
  if (provider.signsUrl && !/^https?:/.test(request.url))
    return 'this provider signs the public address, and none is configured: set WEBHOOK_URL_<SOURCE>';
  return undefined;
}

function skew(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000);
  return ms > 0
    ? `it was signed ${seconds} s ago: it waited on its way, is being replayed, or our clock is ahead`
    : `it was signed ${seconds} s in the future: our clock is behind, or the sender's ahead`;
}

/** What the body may have been before somebody parsed it and wrote it again, or trimmed it. */
function otherSpellings(body: Buffer): readonly Buffer[] {
  const text = body.toString('utf8');
  const variants = [`${text}\n`, `${text}\r\n`, text.trim()];
  if (isDeeper(body, DEEPEST)) return variants.map((variant) => Buffer.from(variant));
  try {
    const value: unknown = JSON.parse(text);
    const compact = JSON.stringify(value);
    variants.push(compact, JSON.stringify(value, null, 2), JSON.stringify(value, null, 4));
    variants.push(
      escaped(compact),
      spaced(compact),
      escaped(spaced(compact)),
      compact.replaceAll('/', '\\/'),
    );
  } catch {
    // Not JSON: nobody will have written it anew.
  }
  return [...new Set(variants)].filter((variant) => variant !== text).map((variant) => Buffer.from(variant));
}

const [OPEN_LIST, OPEN_OBJECT, CLOSE_LIST, CLOSE_OBJECT] = Buffer.from('[{]}');

/** By the bytes alone, before anything is parsed: brackets in texts count, too. */
function isDeeper(body: Buffer, most: number): boolean {
  let depth = 0;
  for (const byte of body) {
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

/** As many other languages write it: only ASCII. */
function escaped(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As Python writes it: a blank after each comma and colon that is no part of a text. */
function spaced(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token.length === 1 ? `${token} ` : token));
}

interface Reading {
  readonly secret: Secret;
  readonly cause: string;
}

function otherReadings(secret: string): readonly Reading[] {
  const decoded = 'its secret is used as text here and decoded by the sender, or the other way round';
  const bare = secret.replace(/^[a-z]{2,8}_/, '');
  const trimmed = secret.trim().replace(/^(["'])(.*)\1$/, '$2');
  return [
    { secret: Buffer.from(bare, 'base64'), cause: `${decoded}: it verifies with the secret read as base64` },
    { secret: Buffer.from(bare, 'hex'), cause: `${decoded}: it verifies with the secret read as hex` },
    { secret: Buffer.from(secret), cause: `${decoded}: it verifies with the secret as it is written` },
    { secret: Buffer.from(bare), cause: 'the sender leaves the prefix of the secret out' },
    { secret: Buffer.from(trimmed), cause: 'the secret is configured with quotes or blanks around it' },
  ].filter((reading) => reading.secret.length > 0);
}
