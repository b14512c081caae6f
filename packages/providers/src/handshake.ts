import { createHash, createHmac } from 'node:crypto';
import {
  equalsAny,
  type Ack,
  type Handshake,
  type HandshakeResponse,
  type ProviderRequest,
} from '@hookline/core';
import { allHold } from './signing/condition.ts';
import { tokensOf } from './signing/secret.ts';
import { valueAt } from './signing/place.ts';
import type { HandshakeAnswer, HandshakeSpec } from './provider-spec.ts';

/** What a first request comes to; `undefined` for one that is none of these. */
export function shakeHands(
  specs: readonly HandshakeSpec[],
  request: ProviderRequest,
  secrets: readonly string[],
  phase: 'unsigned' | 'verified',
): Handshake | undefined {
  for (const spec of specs) {
    if ((spec.method ?? 'POST') !== request.method || spec.verified !== (phase === 'verified')) continue;
    const view = { request };
    if (!allHold(spec.when, view)) continue;
    if (spec.token && !equalsAny(valueAt(view, spec.token) ?? '', tokensOf(secrets))) continue;
    const answer = answerTo(spec.answer, request, secrets);
    if (answer) return answer;
  }
  return undefined;
}

/** Whether a provider's subscriptions are confirmed by asking for this address. */
export function confirmsAt(specs: readonly HandshakeSpec[], url: string): boolean {
  return specs.some(({ answer }) => answer.kind === 'fetch' && answer.address.test(url));
}

/** An answer that repeats what it was sent repeats letters only, and not many, so that no browser finds a page in it. */
const REFLECTED = /^[A-Za-z0-9._-]{1,512}$/;

function answerTo(
  answer: HandshakeAnswer,
  request: ProviderRequest,
  secrets: readonly string[],
): Handshake | undefined {
  const view = { request };
  switch (answer.kind) {
    case 'fixed':
      return { kind: 'respond', response: responseOf(answer.ack) };
    case 'fetch': {
      const url = valueAt(view, answer.at);
      if (url === undefined || !answer.address.test(url)) return undefined;
      return { kind: 'fetch', url, response: responseOf({ status: 200, body: '' }) };
    }
    case 'keep-secret': {
      const { at, form = REFLECTED, echoedIn } = answer;
      const secret = valueAt(view, at);
      if (secret === undefined || !form.test(secret)) return undefined;
      const response = responseOf({ status: 200, body: '' });
      const echo = echoedIn === undefined ? {} : { [echoedIn]: secret };
      return {
        kind: 'keep-secret',
        secret,
        response: {
          ...response,
          headers: {
            ...response.headers,
            ...echo,
          },
        },
      };
    }
    case 'echo': {
      const text = reflected(answer, request);
      return text === undefined ? undefined : { kind: 'respond', response: plain(text) };
    }
    case 'proof': {
      const text = reflected(answer, request);
      const secret = secrets.find((each) => !each.startsWith('token:'));
      if (text === undefined || secret === undefined) return undefined;
      return { kind: 'respond', response: proof(answer, text, secret) };
    }
  }
}

function reflected(
  { of, form }: Extract<HandshakeAnswer, { kind: 'echo' | 'proof' }>,
  request: ProviderRequest,
): string | undefined {
  const text = valueAt({ request }, of);
  return text !== undefined && (form ?? REFLECTED).test(text) ? text : undefined;
}

function proof(
  { hash, encoding, key, json }: Extract<HandshakeAnswer, { kind: 'proof' }>,
  text: string,
  secret: string,
): HandshakeResponse {
  const at = key === undefined ? -1 : secret.indexOf(key.keyIdBefore);
  const id = at < 0 ? '' : secret.slice(0, at + 1);
  const own = secret.slice(id.length);
  const hmacKey = key === undefined ? own : createHash(key.encoding).update(own).digest();
  const digest = createHmac(hash, hmacKey).update(text).digest(encoding);
  if (json === undefined) return plain(`${id}${digest}`);
  const body = JSON.stringify({
    ...(json.text === undefined ? {} : { [json.text]: text }),
    [json.proof]: `${json.prefix ?? ''}${digest}`,
  });
  return responseOf({ status: 200, contentType: 'application/json; charset=utf-8', body });
}

function plain(text: string): HandshakeResponse {
  return responseOf({ status: 200, contentType: 'text/plain; charset=utf-8', body: text });
}

function responseOf({ status, contentType, body }: Ack): HandshakeResponse {
  return {
    status,
    headers: {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      'x-content-type-options': 'nosniff',
    },
    body,
  };
}
