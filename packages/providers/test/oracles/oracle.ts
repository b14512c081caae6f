import { expect, it } from '@jest/globals';
import type { Provider, ProviderRequest } from '@hookline/core';
import { providers } from '../../src/index.ts';

/** An official library, as the judge of what we sign and of what we accept. */
export interface Oracle {
  /** Our name of the provider. */
  readonly provider: string;
  /** The public address; given where it is signed. */
  readonly url?: string;
  readonly contentType?: string;
  /** What is signed in the tests. */
  readonly bodies?: readonly string[];
  /** The library's verdict: a refusal is `false`, or whatever it throws. */
  readonly accepts: (request: ProviderRequest, secret: string) => unknown;
  /**
   * A request as this provider sends it, made without our code: by the library where it signs, else by what the
   * provider documents.
   */
  readonly signs: (
    request: ProviderRequest,
    secret: string,
    seconds: number,
  ) => ProviderRequest | Promise<ProviderRequest>;
  /** What a receiver has of a secret that only the provider knows. */
  readonly publicPart?: (secret: string) => string;
  /** A secret of somebody else, where `makeSecret` makes it of what anybody may know. */
  readonly otherSecret?: string;
  /** Requests that must be refused: the body with one bit changed, unless it is something else that is signed. */
  readonly changes?: (request: ProviderRequest) => readonly ProviderRequest[];
  /** What stands at the addresses of keys. */
  readonly keys?: ReadonlyMap<string, string>;
}

/** Both read the clock of this machine, as most libraries have no other. */
export const seconds = () => Math.floor(Date.now() / 1_000);

/** What changes when a text is decoded, parsed or written anew. */
const BODIES = [
  '{"id":"evt_1","type":"invoice.paid","text":"naïve ♥ \u2028 🧾","number":12345678901234567890}',
  '{ "id" : "evt_1",\t"type":"invoice.paid", "text":"\\u001B \\/ \\u00e9 %20 + & =" }\r\n',
];

export function secretOf(oracle: Oracle, byte = 1): string {
  return providerOf(oracle).makeSecret(Buffer.alloc(32, byte));
}

/** A request before it is signed. */
export function unsigned(oracle: Oracle, body = bodiesOf(oracle)[0] ?? ''): ProviderRequest {
  const headers = { 'content-type': oracle.contentType ?? 'application/json' };
  return { method: 'POST', url: oracle.url ?? '/', headers, body: Buffer.from(body) };
}

/** Signed by the library, or as documented. */
export async function theirs(oracle: Oracle, at = seconds(), body?: string): Promise<ProviderRequest> {
  return oracle.signs(unsigned(oracle, body), secretOf(oracle), at);
}

/** Signed by us. */
export function ours(oracle: Oracle, body?: string): ProviderRequest {
  return providerOf(oracle).signRequest(unsigned(oracle, body), [secretOf(oracle)], Date.now());
}

/** The request with one header changed. */
export function withHeader(
  request: ProviderRequest,
  name: string,
  change: (value: string) => string,
): ProviderRequest {
  const value = request.headers[name];
  if (value === undefined) throw new Error(`the request has no ${name}`);
  return { ...request, headers: { ...request.headers, [name]: change(value) } };
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Another text for the same bytes: the last digit before the padding has bits that stand for nothing. */
export function withSpareBits(value: string): string {
  const padding = value.length - value.replace(/=+$/, '').length;
  const at = value.length - padding - 1;
  if (padding === 0) throw new Error('base64 without padding has no spare bits');
  return value.slice(0, at) + (BASE64[BASE64.indexOf(value[at] ?? '') + 1] ?? '') + value.slice(at + 1);
}

/** What the library says of a request, and what we do. */
export async function verdicts(oracle: Oracle, request: ProviderRequest, secret = secretOf(oracle)) {
  const known = oracle.publicPart?.(secret) ?? secret;
  const verdict = providerOf(oracle).verify(request, [known], Date.now(), oracle.keys);
  return { library: await judged(oracle, request, known), we: verdict.ok ? 'accept' : verdict.reason };
}

async function judged(oracle: Oracle, request: ProviderRequest, secret: string) {
  try {
    return (await oracle.accepts(request, secret)) === false ? 'refuses' : 'accepts';
  } catch {
    return 'refuses';
  }
}

export const AGREED = { library: 'accepts', we: 'accept' };
const REFUSED = { library: 'refuses', we: expect.stringMatching(/^(?!accept$)/) };

/** The tests that hold for every library: both ways, and for what is changed on its way. */
export function agree(oracle: Oracle): void {
  it('accepts what we sign', async () => {
    for (const body of bodiesOf(oracle)) expect(await verdicts(oracle, ours(oracle, body))).toEqual(AGREED);
  });

  it('signs what we accept', async () => {
    for (const body of bodiesOf(oracle))
      expect(await verdicts(oracle, await theirs(oracle, seconds(), body))).toEqual(AGREED);
  });

  it('refuses with us what was changed, whoever signed it', async () => {
    for (const request of [ours(oracle), await theirs(oracle)]) {
      const changed = (oracle.changes ?? bodyChanged)(request);
      expect(changed.length).toBeGreaterThan(0);
      for (const each of changed) expect(await verdicts(oracle, each)).toEqual(REFUSED);
    }
  });

  it('refuses with us another secret', async () => {
    for (const request of [ours(oracle), await theirs(oracle)])
      expect(await verdicts(oracle, request, oracle.otherSecret ?? secretOf(oracle, 2))).toEqual(REFUSED);
  });
}

const CHANGED_PLACES = 12;

/** One bit each, at places from the first byte to the last. */
function bodyChanged(request: ProviderRequest): readonly ProviderRequest[] {
  return Array.from({ length: CHANGED_PLACES }, (_, index) => {
    const body = Buffer.from(request.body);
    const at = Math.floor((index * (body.length - 1)) / (CHANGED_PLACES - 1));
    body[at] = (body[at] ?? 0) ^ 1;
    return { ...request, body };
  });
}

function bodiesOf(oracle: Oracle): readonly string[] {
  return oracle.bodies ?? BODIES;
}

function providerOf({ provider }: Oracle): Provider {
  const found = providers.get(provider);
  if (!found) throw new Error(`there is no provider ${provider}`);
  return found;
}
