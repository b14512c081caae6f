import { describe, expect, it } from '@jest/globals';
import type { Provider, ProviderRequest } from '@hookline/core';
import fc from 'fast-check';
import { providers } from '../src/index.ts';

const NOW = 1_800_000_000_000;
const URL = 'https://hooks.example.com/webhooks/source';

/** Signed in parts, or through fields: changes elsewhere are no matter, and these must leave the event what it was. */
const SIGNED_IN_PARTS = ['adyen', 'aws-sns', 'braintree', 'twilio'];
/** A test key stands in for the certificate, so that its address is not asked. */
const UNUSED_WITH_TEST_KEYS = ['paypal-cert-url'];

function signedSample(provider: Provider, type: string, secret: string, unique = '1A2b3C') {
  const sample = provider.sample(type, unique, NOW);
  if (!sample) throw new Error(`${provider.name} has no sample of ${type}`);
  const url = sample.query === undefined ? URL : `${URL}?${sample.query}`;
  const unsigned = { method: 'POST', url, headers: sample.headers, body: Buffer.from(sample.body) };
  const request = provider.signRequest(unsigned, [secret], NOW);
  const signature = Object.entries(request.headers).filter(
    ([name, value]) => sample.headers[name] !== value && !UNUSED_WITH_TEST_KEYS.includes(name),
  );
  return { request, signature };
}

describe.each([...providers.values()].map((provider) => [provider.name, provider] as const))(
  '%s',
  (name, provider) => {
    const secret = provider.makeSecret(Buffer.alloc(32, 7));
    const [firstType = ''] = provider.sampleTypes;
    const trusted = provider.split(signedSample(provider, firstType, secret).request)[0]?.bodyTrusted;

    it('has samples that verify, name themselves and are new each time', () => {
      expect(provider.sampleTypes.length).toBeGreaterThanOrEqual(1);
      for (const type of provider.sampleTypes) {
        const { request } = signedSample(provider, type, secret);
        expect(provider.verify(request, [secret], NOW)).toEqual({ ok: true });
        expect(provider.keysNeeded(request, [secret], NOW)).toEqual([]);
        expect(provider.identify(request).type).toBe(type);
        const [item] = provider.split(request);
        expect({ deliveryId: item?.deliveryId, type: item?.type, subject: item?.subject }).toEqual({
          deliveryId: undefined,
          ...provider.identify(request),
        });
        const again = provider.identify(signedSample(provider, type, secret, '9Z8y7X').request);
        expect(again.deliveryId).not.toBe(provider.identify(request).deliveryId ?? 'none');
        expect(provider.sample(type, 'same', NOW)).toEqual(provider.sample(type, 'same', NOW));
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
      const { request } = signedSample(provider, firstType, secret);
      const other = provider.makeSecret(Buffer.alloc(32, 8));
      expect(provider.verify(request, [other, secret], NOW)).toEqual({ ok: true });
      expect(provider.verify(request, [secret, other], NOW)).toEqual({ ok: true });
      expect(provider.verify(request, [other], NOW)).toEqual({ ok: false, reason: 'mismatch' });
      expect(provider.verify(request, [], NOW)).toEqual({ ok: false, reason: 'mismatch' });
    });

    it('refuses a secret with any one bit changed', () => {
      const { request } = signedSample(provider, firstType, secret);
      fc.assert(
        fc.property(fc.nat({ max: 1e6 }), (at) => {
          const changed = flipped(Buffer.from(secret, 'latin1'), at).toString('latin1');
          // The letters of a hex key may be in either case, and a key's last letter may have spare bits.
          if (changed.toLowerCase() === secret.toLowerCase()) return;
          if (sameBase64(changed, secret)) return;
          expect(provider.verify(request, [changed], NOW).ok).toBe(false);
        }),
        { numRuns: 100 },
      );
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
            if (inBody || signature.length === 0) {
              if (trusted !== true && signature.length > 0) return;
              const changed = { ...request, body: flipped(request.body, at) };
              const verdict = provider.verify(changed, [secret], NOW);
              if (SIGNED_IN_PARTS.includes(name) || trusted !== true) {
                if (verdict.ok && trusted === true)
                  expect(provider.identify(changed)).toEqual(provider.identify(request));
              } else expect(verdict.ok).toBe(false);
              return;
            }
            const [header, value] = signature[which % signature.length] ?? ['', ''];
            const changed = flipped(Buffer.from(value, 'latin1'), at).toString('latin1');
            const headers = { ...request.headers, [header]: changed };
            expect(provider.verify({ ...request, headers }, [secret], NOW).ok).toBe(false);
          },
        ),
        { numRuns: 200 },
      );
    });

    it('refuses a request with any one signed header missing', () => {
      const { request, signature } = signedSample(provider, firstType, secret);
      for (const [header] of signature) {
        const headers = Object.fromEntries(Object.entries(request.headers).filter(([key]) => key !== header));
        expect(provider.verify({ ...request, headers }, [secret], NOW)).toEqual({
          ok: false,
          reason: 'missing',
        });
      }
    });

    it('refuses the distant past and the distant future, where it signs the time', () => {
      const { request } = signedSample(provider, firstType, secret);
      const signedAt = provider.signedAt(request);
      if (signedAt !== undefined) expect(signedAt).toBe(NOW);
      const judged = (signedAt !== undefined && name !== 'mercado-pago') || name === 'google-pubsub';
      for (const hours of [-3, 3])
        expect(provider.verify(request, [secret], NOW + hours * 3_600_000)).toEqual(
          judged ? { ok: false, reason: 'stale' } : { ok: true },
        );
    });

    it('never throws, whatever comes', () => {
      const { request, signature } = signedSample(provider, firstType, secret);
      const names = [...new Set([...Object.keys(request.headers), ...signature.map(([key]) => key)])];
      const value = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...Object.values(request.headers)),
        fc.constant('application/x-www-form-urlencoded'),
      );
      const body = fc.oneof(
        fc.uint8Array(),
        fc.json().map(utf8),
        fc.webQueryParameters().map(utf8),
        fc.nat({ max: 1e6 }).map((at) => flipped(request.body, at)),
        fc.nat({ max: request.body.length }).map((at) => request.body.subarray(at)),
      );
      const query = fc.oneof(fc.webQueryParameters(), fc.constant(''), fc.string({ unit: 'binary' }));
      const method = fc.constantFrom('POST', 'GET', 'HEAD');
      fc.assert(
        fc.property(
          fc.dictionary(fc.constantFrom(...names), value),
          body,
          query,
          method,
          (headers, bytes, search, asked) => {
            const hostile: ProviderRequest = {
              method: asked,
              url: `${URL}?${search}`,
              headers,
              body: Buffer.from(bytes),
            };
            expect(typeof provider.verify(hostile, [secret, 'x', ''], NOW).ok).toBe('boolean');
            expect(provider.keysNeeded(hostile, ['x'], NOW).every((url) => provider.mayFetch(url))).toBe(
              true,
            );
            for (const item of provider.split(hostile)) {
              const { deliveryId = 'none', type = 'none' } = item;
              expect([typeof deliveryId, typeof type]).toEqual(['string', 'string']);
            }
            for (const phase of ['unsigned', 'verified'] as const) {
              const handshake = provider.handshake(hostile, [secret], phase);
              if (handshake) expect(handshake.response.headers['x-content-type-options']).toBe('nosniff');
            }
          },
        ),
        { numRuns: 200 },
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

/** Whether two keys in base64 are the same bytes. */
function sameBase64(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => Buffer.from(text.replace(/^whsec_/, ''), 'base64'));
  return a !== undefined && b !== undefined && one.startsWith('whsec_') && a.equals(b);
}

function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}
