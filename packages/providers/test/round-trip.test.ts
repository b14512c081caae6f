import { describe, expect, it } from '@jest/globals';
import type { Provider } from '@hookline/core';
import fc from 'fast-check';
import { providers } from '../src/index.ts';

const NOW = 1_800_000_000_000;

function signedSample(provider: Provider, type: string, secret: string, unique = '1A2b3C') {
  const sample = provider.sample(type, unique, NOW);
  if (!sample) throw new Error(`${provider.name} has no sample of ${type}`);
  const body = Buffer.from(sample.body);
  const signature = provider.sign(body, [secret], NOW);
  return {
    signature,
    request: { method: 'POST', url: '/', headers: { ...sample.headers, ...signature }, body },
  };
}

describe.each([...providers.values()].map((provider) => [provider.name, provider] as const))(
  '%s',
  (name, provider) => {
    const secret = provider.makeSecret(Buffer.alloc(32, 7));

    it('has samples that verify, name themselves and are new each time', () => {
      expect(provider.sampleTypes.length).toBeGreaterThanOrEqual(2);
      for (const type of provider.sampleTypes) {
        const { request } = signedSample(provider, type, secret);
        expect(provider.verify(request, [secret], NOW)).toEqual({ ok: true });
        expect(provider.identify(request).type).toBe(type);
        const again = provider.identify(signedSample(provider, type, secret, '9Z8y7X').request);
        expect(again.deliveryId).not.toBe(provider.identify(request).deliveryId ?? 'none');
        expect(signedSample(provider, type, secret).request).toEqual(request);
      }
      expect(provider.sample('no.such.type', 'x', NOW)).toBeUndefined();
      expect(provider.sample('constructor', 'x', NOW)).toBeUndefined();
    });

    it('is known by its name', () => expect(providers.get(name)).toBe(provider));

    it('makes secrets from all of the bytes it is given', () => {
      const changed = Buffer.alloc(32, 7);
      changed[31] = 8;
      expect(provider.makeSecret(changed)).not.toBe(secret);
    });

    it('accepts the secret before and after a rotation, and no other', () => {
      const { request } = signedSample(provider, provider.sampleTypes[0] ?? '', secret);
      const other = provider.makeSecret(Buffer.alloc(32, 8));
      expect(provider.verify(request, [other, secret], NOW)).toEqual({ ok: true });
      expect(provider.verify(request, [secret, other], NOW)).toEqual({ ok: true });
      expect(provider.verify(request, [other], NOW)).toEqual({ ok: false, reason: 'mismatch' });
      expect(provider.verify(request, [], NOW)).toEqual({ ok: false, reason: 'mismatch' });
    });

    it('refuses a request with any one bit changed in what is signed', () => {
      const bit = fc.nat({ max: 1e6 });
      fc.assert(
        fc.property(
          fc.constantFrom(...provider.sampleTypes),
          fc.boolean(),
          bit,
          bit,
          (type, inBody, at, which) => {
            const { request, signature } = signedSample(provider, type, secret);
            if (inBody) {
              const body = flipped(request.body, at);
              expect(provider.verify({ ...request, body }, [secret], NOW).ok).toBe(false);
              return;
            }
            const signedHeaders = Object.entries(signature);
            const [header, value] = signedHeaders[which % signedHeaders.length] ?? ['', ''];
            const changed = flipped(Buffer.from(value, 'latin1'), at).toString('latin1');
            const headers = { ...request.headers, [header]: changed };
            expect(provider.verify({ ...request, headers }, [secret], NOW).ok).toBe(false);
          },
        ),
        { numRuns: 300 },
      );
    });

    it('refuses a request with any one signed header missing', () => {
      const { request, signature } = signedSample(provider, provider.sampleTypes[0] ?? '', secret);
      for (const header of Object.keys(signature)) {
        const headers = Object.fromEntries(Object.entries(request.headers).filter(([key]) => key !== header));
        expect(provider.verify({ ...request, headers }, [secret], NOW)).toEqual({
          ok: false,
          reason: 'missing',
        });
      }
    });

    it('holds 300 seconds both ways and not 301, where it signs the time', () => {
      const { request, signature } = signedSample(provider, provider.sampleTypes[0] ?? '', secret);
      const signsTime = JSON.stringify(signature).includes(String(NOW / 1_000));
      for (const seconds of [-300, 300])
        expect(provider.verify(request, [secret], NOW + seconds * 1_000)).toEqual({ ok: true });
      for (const seconds of [-301, 301])
        expect(provider.verify(request, [secret], NOW + seconds * 1_000)).toEqual(
          signsTime ? { ok: false, reason: 'stale' } : { ok: true },
        );
      expect(signsTime).toBe(!['github', 'shopify'].includes(name));
    });

    it('never throws, whatever comes', () => {
      const { request, signature } = signedSample(provider, provider.sampleTypes[0] ?? '', secret);
      const names = [...new Set([...Object.keys(request.headers), ...Object.keys(signature)])];
      const value = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...Object.values(request.headers)),
        fc.constant('application/x-www-form-urlencoded'),
      );
      const body = fc.oneof(fc.uint8Array(), fc.json().map(utf8), fc.webQueryParameters().map(utf8));
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...names), value), body, (headers, bytes) => {
          const hostile = { method: 'POST', url: '/', headers, body: Buffer.from(bytes) };
          expect(provider.verify(hostile, [secret], NOW).ok).toBe(false);
          const { deliveryId = 'none', type = 'none' } = provider.identify(hostile);
          expect([typeof deliveryId, typeof type]).toEqual(['string', 'string']);
          expect(provider.handshake(hostile)).toBeUndefined();
        }),
        { numRuns: 300 },
      );
    });
  },
);

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  const bit = at % (changed.length * 8);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}
