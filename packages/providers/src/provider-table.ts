import type { Ack } from '@hookline/core';
import type { Algorithm, Scheme } from './signing/scheme.ts';
import type { Place } from './signing/place.ts';
import { allProviders } from './all-providers.ts';
import type { BuiltProvider, Description } from './define-provider.ts';
import type { HandshakeSpec, Locator } from './provider-spec.ts';

type Spec = Description<string>;

/** The providers' data as a Markdown table, for docs/providers.md. */
export function providerTable(): string {
  const described: readonly BuiltProvider[] = allProviders;
  const rows = described
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((provider) => [nameOf(provider.spec), ...cellsOf(provider)].map(escaped));
  const head = ['provider', 'signature', 'over', 'time', "the event's id", 'its type', 'notes', 'delivery'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellsOf(provider: BuiltProvider): string[] {
  const { spec } = provider;
  const { schemes, delivery = '' } = spec;
  return [
    unique(schemes.map(signatureOf)),
    unique(schemes.map(contentOf)),
    unique(schemes.map(timeOf)),
    sourcesOf(spec.deliveryId) || "the body's hash",
    sourcesOf(spec.type),
    notesOf(provider).join(' · '),
    delivery,
  ];
}

function nameOf({ name, docs }: Spec): string {
  return docs === undefined ? `\`${name}\`` : `[\`${name}\`](${docs})`;
}

function signatureOf(scheme: Scheme): string {
  const where = scheme.signatures.map(placeOf).join(', ');
  switch (scheme.kind) {
    case 'signed-content':
      return `${where}: ${scheme.algorithms.map(algorithmOf).join(', ')}`;
    case 'shared-secret':
      return `${where}: the secret itself`;
    case 'jwt':
      return `${where}: a token (RS256)`;
  }
}

function algorithmOf(algorithm: Algorithm): string {
  const label = typeof algorithm.label === 'string' ? `\`${algorithm.label}\` ` : '';
  switch (algorithm.kind) {
    case 'hmac':
      return `${label}HMAC-${algorithm.hash.toUpperCase()} ${algorithm.encoding}`;
    case 'hash':
      return `${label}${algorithm.hash.toUpperCase()} ${algorithm.encoding}`;
    case 'ed25519':
      return `${label}Ed25519 ${algorithm.encoding}`;
    case 'ecdsa-p256':
      return `${label}ECDSA P-256 ${algorithm.encoding}`;
    case 'rsa':
      return `${label}RSA-${algorithm.hash.toUpperCase()} ${algorithm.encoding}`;
  }
}

function contentOf(scheme: Scheme): string {
  return scheme.kind === 'signed-content'
    ? `\`${scheme.content.replaceAll('\n', '\u21b5')}\``
    : 'nothing of the request';
}

function timeOf(scheme: Scheme): string {
  if (scheme.kind !== 'signed-content') return scheme.kind === 'jwt' ? "the token's" : '';
  const tolerance = scheme.timestamp?.toleranceSeconds;
  return tolerance === undefined ? '' : `${tolerance} s`;
}

function placeOf(place: Place): string {
  if ('header' in place) return `\`${place.header}\``;
  if ('query' in place) return `query \`${place.query}\``;
  if ('form' in place) return `form \`${place.form}\``;
  return `body \`${place.body.join('.')}\``;
}

function sourcesOf(sources: readonly Locator[]): string {
  return sources.map(sourceOf).join(', else ');
}

function sourceOf(source: Locator): string {
  if ('root' in source) return `body \`${source.root.join('.')}\``;
  if ('signed' in source) return 'the signed id';
  if ('all' in source) return source.all.map(sourceOf).join(' + ');
  if ('optional' in source) return sourceOf(source.optional);
  if ('digestOf' in source)
    return source.digestOf.length === 0
      ? "the body's hash"
      : `the hash of body \`${source.digestOf.join('.')}\``;
  if ('nameIn' in source) return 'the name of a field';
  if ('in' in source) return `within ${placeOf(source.in)}`;
  if ('constant' in source) return `\`${source.constant}\``;
  return placeOf(source);
}

function notesOf({ bodyTrusted, signsUrl, spec }: BuiltProvider): string[] {
  const notes = new Set<string>();
  if (!bodyTrusted) notes.add('**the body is not signed**, or not always');
  if (spec.subject) notes.add(`about ${sourcesOf(spec.subject)}`);
  if (spec.batch) notes.add('each item is an event');
  if (signsUrl) notes.add('signs the address: set `WEBHOOK_URL_<SOURCE>`');
  if (spec.ack) notes.add(answerOf(spec.ack));
  for (const { ack } of spec.acks ?? []) notes.add(`${answerOf(ack)}, some of it`);
  for (const handshake of spec.handshakes ?? []) notes.add(handshakeOf(handshake));
  return [...notes];
}

function answerOf({ status, body }: Ack): string {
  return body === '' ? `is answered with an empty ${status}` : `is answered with \`${body}\``;
}

function handshakeOf({ method, token, answer }: HandshakeSpec): string {
  const how = {
    fixed: 'is answered',
    echo: 'is echoed',
    proof: 'is answered with a proof',
    'keep-secret': 'brings the secret, which is kept',
    fetch: 'is confirmed by asking for its address',
  }[answer.kind];
  return `first ${method ?? 'POST'} ${how}${token === undefined ? '' : ', with a token of your own (`token:…`)'}`;
}

function unique(texts: readonly string[]): string {
  return [...new Set(texts.filter((text) => text !== ''))].join('; ') || '–';
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
