import { subjectFrom } from './subject.ts';
import { createHash } from 'node:crypto';
import {
  type Identity,
  type Provider,
  type ProviderItem,
  type ProviderName,
  type ProviderRequest,
  type Sample,
} from '@hookline/core';
import { bodyLimitOf, isUnsigned } from './body-limit.ts';
import { allHold } from './signing/condition.ts';
import { applies, keysNeeded, signedAt, verify } from './signing/verify.ts';
import { fieldsOf, utf8Of } from './signing/charset.ts';
import { coversBody } from './signing/content.ts';
import { elementsOf, jsonOf, sliceAt, type JsonText, type Slice } from './signing/json-text.ts';
import { sign } from './signing/sign.ts';
import { type Scheme } from './signing/scheme.ts';
import { confirmsAt, shakeHands } from './handshake.ts';
import { isForm, payloadOf } from './payload.ts';
import type { ProviderSpec, SecretForm, Locator } from './provider-spec.ts';
import { sampleSeed } from './sample-seed.ts';
import { firstOf, type Origin } from './locate.ts';

/** A provider, and how to read the bodies it sends. */
export interface BuiltProvider<Name extends string = string> extends Provider {
  readonly name: Name;
  /** The parsed body: JSON, or a form where this provider sends forms; `undefined` when it is neither. */
  payload(request: Pick<ProviderRequest, 'headers' | 'body'>): unknown;
  /** The data that all of it is made from. */
  readonly spec: Description<string>;
}

/** What `defineProvider` needs: a name need not be one that handlers know. */
export type Description<Name extends string> = Omit<ProviderSpec, 'name'> & { readonly name: Name };

/** Longer types, and types with control characters in them, are no provider's: they end up in lists and logs. */
const TYPE = /^[^\p{Cc}]{1,200}$/u;

/** A larger batch is one event, whole: nothing of it is lost, and no request costs more than this. */
const LARGEST_BATCH = 1_000;

/** Makes a provider from its declarative description. */
export function defineProvider<const Name extends ProviderName>(
  spec: ProviderSpec<Name>,
): BuiltProvider<Name> {
  return buildProvider(spec);
}

export function buildProvider<const Name extends string>(spec: Description<Name>): BuiltProvider<Name> {
  const { schemes, handshakes = [], bareTypesMatchSubtypes = false } = spec;
  const [mainScheme] = schemes;
  const covered = (scheme: Scheme) => spec.bodyTrusted !== false && coversItems(scheme);
  const inUse = (request: ProviderRequest) =>
    schemes.length === 1 ? mainScheme : (schemes.find((scheme) => applies(scheme, request)) ?? mainScheme);

  function identityOf(origin: Origin): Identity {
    const deliveryId = firstOf(spec.deliveryId, origin);
    const found = firstOf(spec.type, origin);
    const type = found !== undefined && TYPE.test(found) ? found : undefined;
    const subject = subjectFrom(spec.subject && firstOf(spec.subject, origin));
    return {
      ...(deliveryId === undefined ? {} : { deliveryId }),
      ...(type === undefined ? {} : { type }),
      ...(subject === undefined ? {} : { subject }),
    };
  }

  function split(request: ProviderRequest): readonly ProviderItem[] {
    const source = readable(spec, request);
    const scheme = inUse(request);
    const bodyTrusted = covered(scheme);
    const repeats = spec.repeats ?? false;
    return itemsOf(spec, source).map((item) => {
      const whole = item === undefined;
      const origin = whole ? { request: source, scheme } : { request: source, scheme, item };
      const body = whole ? request.body : textOf(source.body).subarray(item.start, item.end);
      return Object.assign(identityOf(origin), { bodyTrusted, repeats, body });
    });
  }

  const signRequest: Provider['signRequest'] = (request, secrets, now, { deliveryId } = {}) => {
    const id = deliveryId ?? messageIdOf(request.body);
    const named = deliveryId === undefined ? {} : headerNamed(spec.deliveryId[0], deliveryId);
    const headers = { ...request.headers, ...named };
    const draft = { ...request, headers };
    const scheme =
      schemes.find((each) => secretsFit(each, secrets) && allHold(each.when, { request: draft })) ??
      mainScheme;
    return sign(scheme, draft, secrets, now, id);
  };

  return {
    spec,
    name: spec.name,
    bodyTrusted: schemes.every(covered),
    bareTypesMatchSubtypes,
    subjectRule: JSON.stringify(spec.subject ?? ''),
    bodyLimit: bodyLimitOf(spec),
    isUnsigned: (request) => isUnsigned(spec, request),
    signsUrl: schemes.some(signsAddress),
    payload: (request) => payloadOf(request, spec.form),
    verify: (request, secrets, now, keys) => verify(inUse(request), request, secrets, now, keys),
    keysNeeded: (request, secrets, now) => keysNeeded(inUse(request), request, secrets, now),
    mayFetch: (url) => schemes.some((scheme) => holdsKeysAt(scheme, url)) || confirmsAt(handshakes, url),
    keepsSecrets: handshakes.some(({ answer }) => answer.kind === 'keep-secret'),
    signedAt: (request) => signedAt(inUse(request), request),
    signRequest,
    sign(body, secrets, now, { deliveryId, url = '/', method = 'POST', headers = {} } = {}) {
      const options = deliveryId === undefined ? {} : { deliveryId };
      const signed = signRequest({ method, url, headers, body }, secrets, now, options);
      return { ...signed.headers };
    },
    identify(request) {
      const source = readable(spec, request);
      const [item] = itemsOf(spec, source);
      return identityOf({ request: source, scheme: inUse(request), ...(item && { item }) });
    },
    splits: spec.batch !== undefined,
    split,
    handshake: (request, secrets, phase) => shakeHands(handshakes, request, secrets, phase),
    ...(spec.ack && { ack: spec.ack }),
    ackFor: (request) => spec.acks?.find(({ when }) => allHold(when, { request }))?.ack ?? spec.ack,
    ...(mainScheme.kind === 'shared-secret' && mainScheme.challenge !== undefined
      ? { challenge: mainScheme.challenge }
      : {}),
    makeSecret: (random) => secretOf(spec.secret, random),
    sampleTypes: Object.keys(spec.samples),
    sample: (type, unique, now) => sampleOf(spec, type, unique, now),
  };
}

function signsAddress(scheme: Scheme): boolean {
  return scheme.kind === 'jwt' || (scheme.kind === 'signed-content' && scheme.content.includes('{url}'));
}

function sampleOf(
  { samples }: Pick<ProviderSpec, 'samples'>,
  type: string,
  unique: string,
  now: number,
): Sample | undefined {
  const sample = Object.hasOwn(samples, type) ? samples[type] : undefined;
  if (!sample) return undefined;
  const seed = sampleSeed(unique, now);
  const body = sample.body(seed);
  const query = new URLSearchParams(sample.query?.(seed)).toString();
  return {
    type,
    headers: { 'content-type': 'application/json', ...sample.headers?.(seed) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(query === '' ? {} : { query }),
  };
}

/** As UTF-8; and a form that carries its event as JSON in a field is read as that JSON. */
function readable({ form }: Pick<ProviderSpec, 'form'>, request: ProviderRequest): ProviderRequest {
  const body = utf8Of(request);
  const read = body === request.body ? request : { ...request, body };
  if (typeof form !== 'object' || jsonOf(body) !== undefined || !isForm(request.headers)) return read;
  const json = fieldsOf(request).get(form.jsonField);
  return json === null ? read : { ...request, body: Buffer.from(json) };
}

/** What the places of items are in. */
function textOf(body: Buffer): Buffer {
  return jsonOf(body)?.bytes ?? body;
}

/** `undefined` is the whole body. */
function itemsOf(
  { batch }: Pick<ProviderSpec, 'batch'>,
  { body }: ProviderRequest,
): readonly (Slice | undefined)[] {
  const json = batch && jsonOf(body);
  const list = json && sliceAt(json, batch.list);
  const elements = json && list && elementsOf(json, list, LARGEST_BATCH);
  if (!json || !elements) return [undefined];
  const items = elements.map((element) => itemIn(json, batch.item ?? [], element));
  return items.includes(undefined) ? [undefined] : items;
}

function itemIn(json: JsonText, path: readonly string[], element: Slice): Slice | undefined {
  return sliceAt(json, path, element);
}

/** Whether what the signature covers is what the body says: all of it, or the parts of it that have a meaning. */
function coversItems(scheme: Scheme): boolean {
  if (scheme.kind !== 'signed-content') return false;
  return coversBody(scheme.content) || scheme.digest !== undefined || scheme.covers === 'meaning';
}

function holdsKeysAt(scheme: Scheme, url: string): boolean {
  if (scheme.kind === 'jwt') return scheme.keysAt === url;
  if (scheme.kind !== 'signed-content') return false;
  return scheme.algorithms.some(
    ({ kind, ...rest }) => kind === 'rsa' && 'certificate' in rest && rest.certificate.address.test(url),
  );
}

/** A source whose only secrets are tokens of its own is signed for with them. */
function secretsFit(scheme: Scheme, secrets: readonly string[]): boolean {
  return secrets.some((secret) => secret.startsWith('token:') === (scheme.secrets === 'tokens'));
}

function secretOf({ prefix, encoding }: SecretForm, random: Buffer): string {
  switch (encoding) {
    case 'HEX':
      return prefix + random.toString('hex').toUpperCase();
    case 'test-key':
      return `${prefix}test-key:${createHash('sha256').update(random).digest('hex')}`;
    default:
      return prefix + random.toString(encoding);
  }
}

/** Ids of messages without one of their own: the same body has the same id, and none holds a `.`. */
function messageIdOf(body: Buffer): string {
  return `msg_${createHash('sha256').update(body).digest('base64url').slice(0, 27)}`;
}

function headerNamed(source: Locator | undefined, value: string): Record<string, string> {
  return source !== undefined && 'header' in source ? { [source.header]: value } : {};
}
