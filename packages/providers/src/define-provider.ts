import { createHash } from 'node:crypto';
import {
  headerOf,
  sign,
  signedId,
  verify,
  type HandshakeResponse,
  type Identity,
  type Provider,
  type ProviderName,
  type ProviderRequest,
  type Scheme,
} from '@hookline/core';
import { payloadOf, textAt } from './payload.ts';
import type { Place, ProviderSpec, TypePlace } from './provider-spec.ts';
import { sampleSeed } from './sample-seed.ts';

/** A provider, and how to read the bodies it sends. */
export interface BuiltProvider<Name extends ProviderName = ProviderName> extends Provider {
  readonly name: Name;
  /** The parsed body: JSON, or a form where this provider sends forms; `undefined` when it is neither. */
  payload(request: Pick<ProviderRequest, 'headers' | 'body'>): unknown;
}

/** Longer types, and types with control characters in them, are no provider's: they end up in lists and logs. */
const TYPE = /^[^\p{Cc}]{1,200}$/u;

/** Makes a provider from its declarative description. */
export function defineProvider<const Name extends ProviderName>(
  spec: ProviderSpec<Name>,
): BuiltProvider<Name> {
  const payload: BuiltProvider['payload'] = (request) => payloadOf(request, spec.formField);
  const [mainScheme] = spec.schemes;
  return {
    name: spec.name,
    bodyTrusted: spec.schemes.every(({ content }) => content.includes('{body}')),
    bareTypesMatchSubtypes: spec.bareTypesMatchSubtypes ?? false,
    payload,
    verify: (request, secrets, now) => verify(schemeInUse(spec, request.headers), request, secrets, now),
    sign(body, secrets, now, { deliveryId } = {}) {
      const id = mainScheme.idHeader === undefined ? undefined : (deliveryId ?? messageIdOf(body));
      const named = deliveryId === undefined ? {} : headerNamed(spec.deliveryId[0], deliveryId);
      return { ...named, ...sign(mainScheme, body, secrets, now, id) };
    },
    identify(request) {
      const find = finder(schemeInUse(spec, request.headers), request.headers, payload(request));
      const deliveryId = first(spec.deliveryId, find);
      const type = first(spec.type, (place) => typeAt(place, find));
      return {
        ...(deliveryId === undefined ? {} : { deliveryId }),
        ...(type === undefined || !TYPE.test(type) ? {} : { type }),
      } satisfies Identity;
    },
    handshake: (request) => spec.echo && echo(spec.echo, payload(request)),
    makeSecret: (random) => spec.secret.prefix + random.toString(spec.secret.encoding),
    sampleTypes: Object.keys(spec.samples),
    sample(type, unique, now) {
      const sample = Object.hasOwn(spec.samples, type) ? spec.samples[type] : undefined;
      if (!sample) return undefined;
      const seed = sampleSeed(unique, now);
      return {
        type,
        headers: { 'content-type': 'application/json', ...sample.headers?.(seed) },
        body: JSON.stringify(sample.body(seed)),
      };
    },
  };
}

function schemeInUse({ schemes }: ProviderSpec, headers: ProviderRequest['headers']): Scheme {
  return schemes.find(({ header }) => headerOf(headers, header) !== undefined) ?? schemes[0];
}

/** Ids of messages without one of their own: the same body has the same id, and none holds a `.`. */
function messageIdOf(body: Buffer): string {
  return `msg_${createHash('sha256').update(body).digest('base64url').slice(0, 27)}`;
}

function headerNamed(place: Place | undefined, value: string): Record<string, string> {
  return place !== undefined && 'header' in place ? { [place.header]: value } : {};
}

type Find = (place: Place) => string | undefined;

function finder(scheme: Scheme, headers: ProviderRequest['headers'], payload: unknown): Find {
  return (place) => {
    if ('header' in place) return headerOf(headers, place.header);
    if ('body' in place) return textAt(payload, place.body);
    return signedId(scheme, headers);
  };
}

function typeAt({ refinedBy, ...place }: TypePlace, find: Find): string | undefined {
  const type = find(place);
  const refinement = type === undefined || refinedBy === undefined ? undefined : find(refinedBy);
  return refinement === undefined ? type : `${type}.${refinement}`;
}

function first<P>(places: readonly P[], find: (place: P) => string | undefined): string | undefined {
  for (const place of places) {
    const found = find(place);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An answer that repeats what it was sent repeats letters only, and not many, so that no browser finds a page in it. */
const ECHOABLE = /^[A-Za-z0-9._-]{1,512}$/;

function echo(
  { when, body }: NonNullable<ProviderSpec['echo']>,
  payload: unknown,
): HandshakeResponse | undefined {
  const text = textAt(payload, body);
  if (textAt(payload, when.body) !== when.is || text === undefined || !ECHOABLE.test(text)) return undefined;
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: text,
  };
}
