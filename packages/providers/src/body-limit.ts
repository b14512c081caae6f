import type { ProviderRequest } from '@hookline/core';
import type { HandshakeSpec, ProviderSpec } from './provider-spec.ts';
import { holds } from './signing/condition.ts';
import { requiredPlaces } from './signing/content.ts';
import { valueAt, type Place } from './signing/place.ts';
import type { Condition, Scheme } from './signing/scheme.ts';

/** Of bodies that only go through a hash, as they came: 5 MiB take a few milliseconds. */
const HASHED = 5 * 2 ** 20;
/** Of bodies that are read, or judged with public keys, before anybody knows whose they are. */
const READ = 2 ** 20;

/**
 * The most bytes of a body that a provider may send: what it documents, or else so few that no stranger's request holds
 * up the others for more than 50 ms. `npm run bench -- hostile` measures that.
 */
export function bodyLimitOf({
  bodyLimit,
  schemes,
  handshakes = [],
}: Pick<ProviderSpec, 'bodyLimit' | 'schemes' | 'handshakes'>): number {
  return bodyLimit ?? (schemes.some(isDear) || handshakes.some(readsBody) ? READ : HASHED);
}

/** @see Provider.isUnsigned */
export function isUnsigned(
  { schemes, handshakes = [] }: Pick<ProviderSpec, 'schemes' | 'handshakes'>,
  request: Pick<ProviderRequest, 'url' | 'headers'>,
): boolean {
  const view = { request: { url: request.url, headers: request.headers, body: NO_BODY } };
  const mayBe = ({ at, ...rest }: Condition) =>
    at === 'body' || isInBody(at) || holds({ at, ...rest }, valueAt(view, at));
  const greets = ({ method, verified, when = [] }: HandshakeSpec) =>
    method === undefined && !verified && when.every(mayBe);
  if (handshakes.some(greets)) return false;
  return schemes.every(
    ({ signatures, each }) =>
      each === undefined &&
      signatures.every((place) => !isInBody(place) && valueAt(view, place) === undefined),
  );
}

const NO_BODY = Buffer.alloc(0);

function isInBody(place: Place): boolean {
  return 'body' in place || 'form' in place;
}

function isDear(scheme: Scheme): boolean {
  const { signatures, each, when = [], requires = [], pinned } = scheme;
  const places = [...signatures, ...(pinned ? [pinned] : [])];
  if (each !== undefined || places.some(isInBody)) return true;
  if ([...when, ...requires].some(({ at }) => at !== 'body' && isInBody(at))) return true;
  if (scheme.kind !== 'signed-content') return false;
  const { content, timestamp, algorithms } = scheme;
  const time = timestamp?.at;
  return (
    content.includes('{form}') ||
    requiredPlaces(content).some(isInBody) ||
    (time !== undefined && ('body' in time || 'form' in time)) ||
    algorithms.some(({ kind }) => kind !== 'hmac' && kind !== 'hash')
  );
}

function readsBody({ verified, when = [], token, answer }: HandshakeSpec): boolean {
  if (verified) return false;
  const places = [...when.map(({ at }) => at), ...(token ? [token] : [])];
  if ('of' in answer) places.push(answer.of);
  if ('at' in answer) places.push(answer.at);
  return places.some((place) => place !== 'body' && isInBody(place));
}
