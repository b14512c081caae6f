import type { Provider, ProviderRequest } from '@hookline/core';

/** How long one request of a stranger's held the event loop, at most. */
export interface HostileResult {
  readonly provider: string;
  readonly body: string;
  readonly bytes: number;
  readonly ms: number;
}

/** As many signatures as anybody could try, each as long as a right one. */
const MANY = 16;
const ROUNDS = 3;

/**
 * Measures what bodies of strangers cost a provider until they are refused: as large as it takes any, full of what is
 * dear to read, with a signature of the right form that fits nothing.
 * @param limit the most bytes of a body that this provider is sent
 * @param now milliseconds since the epoch
 */
export function measureHostile(provider: Provider, limit: number, now: number): HostileResult {
  const secrets = [1, 2].map((seed) => provider.makeSecret(Buffer.alloc(32, seed)));
  const signed = signedSample(provider, now);
  let worst: HostileResult = { provider: provider.name, body: 'none', bytes: 0, ms: 0 };
  for (const [name, body] of hostileBodies(signed.body, limit)) {
    for (let round = 0; round < ROUNDS; round += 1) {
      // What was read of a body is remembered by the body: each round has one of its own.
      const request = { ...signed, headers: manySignatures(signed.headers), body: Buffer.from(body) };
      const begin = performance.now();
      provider.handshake(request, secrets, 'unsigned');
      provider.keysNeeded(request, secrets, now);
      const { ok } = provider.verify(request, secrets, now);
      const ms = performance.now() - begin;
      if (ok) throw new Error(`${provider.name} takes a body that nobody signed`);
      if (round > 0 && ms > worst.ms) worst = { ...worst, body: name, bytes: body.length, ms };
    }
  }
  return worst;
}

/** A request as it would be with another secret, so that everything in it is where it belongs. */
function signedSample(provider: Provider, now: number): ProviderRequest {
  const [type = ''] = provider.sampleTypes;
  const sample = provider.sample(type, 'hostile', now);
  const body = Buffer.from(sample?.body ?? '{}');
  const request = { method: 'POST', url: `/?${sample?.query ?? ''}`, headers: { ...sample?.headers }, body };
  return provider.signRequest(request, [provider.makeSecret(Buffer.alloc(32, 9))], now);
}

function manySignatures(headers: ProviderRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const separator = /v\d[=,]/.test(value) ? (value.includes('v1,') ? ' ' : ',') : undefined;
      const isList = separator !== undefined && /sign/i.test(name);
      const [first = ''] = isList ? value.split(separator).slice(-1) : [''];
      return [name, isList ? [value, ...Array.from({ length: MANY }, () => first)].join(separator) : value];
    }),
  );
}

function hostileBodies(own: Buffer, limit: number): readonly (readonly [string, Buffer])[] {
  const text = own.toString('utf8');
  const isObject = text.startsWith('{');
  const fill = (piece: (index: number) => string, before: string, after: string): Buffer => {
    const parts = [before];
    let size = before.length + after.length;
    for (let index = 0; ; index += 1) {
      const next = piece(index);
      size += next.length;
      if (size > limit) break;
      parts.push(next);
    }
    return Buffer.from(parts.join('') + after);
  };
  const rest = isObject ? text.slice(1) : '}';
  const deep = Math.floor((limit - text.length) / 12);
  return [
    ['many names', fill((n) => `"k${n}":0,`, '{', rest)],
    ['one name again and again', fill(() => '"id":"x",', '{', rest)],
    ['escaped names', fill((n) => `"\\u006b${n}":0,`, '{', rest)],
    ['deep lists', Buffer.from(`{"deep":${'['.repeat(deep)}${']'.repeat(deep)},${rest}`)],
    ['deep objects', Buffer.from(`{"deep":${'{"a":'.repeat(deep)}0${'}'.repeat(deep)},${rest}`)],
    ['a long text of escapes', fill(() => '\\u0041', '{"long":"', `",${rest}`)],
    ['many numbers', fill((n) => `${n},`, '{"list":[', `0],${rest}`)],
    ['many copies of its event', fill(() => `${text},`, '[', '0]')],
    ['many fields', fill((n) => `&k${n}=v`, text, '')],
    ['one field again and again', fill(() => '&a', text, '')],
    ['escaped fields', fill(() => '%41', `${text}&a=`, '')],
    ['one letter', Buffer.alloc(limit, 0x61)],
    ['zeros', Buffer.alloc(limit)],
  ];
}
