import { describe, expect, it } from '@jest/globals';
import type { Provider, ProviderItem, ProviderRequest, Source } from '@hookline/core';
import { judgeAgain, readSavedSample, savedSampleOf, verifiedBy } from '@hookline/operations';
import { providers } from '@hookline/providers';
import { randomBytes } from 'node:crypto';

const NOW = Date.UTC(2026, 10, 28);
const all = [...providers.values()].filter(({ sampleTypes }) => sampleTypes.length > 0);

/** Their signature is a part of the body, which is saved to the letter. */
const SIGNED_IN_BODY = { adyen: true, 'aws-sns': true, braintree: true, mailgun: true };

const secretOf = (provider: Provider) => provider.makeSecret(randomBytes(64));
const sourceOf = (provider: Provider, ...secrets: string[]): Source => ({
  name: provider.name,
  provider,
  secrets: () => secrets,
  priorityOf: () => undefined,
});

/** A provider's request as it is received, and its first event as it is stored. */
function received(provider: Provider, secret: string): { request: ProviderRequest; item: ProviderItem } {
  const sample = provider.sample(provider.sampleTypes[0] ?? '', 'abc123abc123', NOW);
  if (sample === undefined) throw new Error(`${provider.name} has no sample`);
  const url = `/webhooks/${provider.name}${sample.query === undefined ? '' : `?${sample.query}`}`;
  const draft = { method: 'POST', url, headers: sample.headers, body: Buffer.from(sample.body) };
  const request = provider.signRequest(draft, [secret], NOW);
  const [item] = provider.split(request);
  if (item === undefined) throw new Error(`${provider.name}'s sample is no event`);
  return { request, item };
}

describe('the signature of a stored event', () => {
  it.each(all.map((provider) => [provider.name, provider] as const))(
    'of %s is never doubted while its secret is set, whichever of some it was',
    (_, provider) => {
      const [old, its, next] = [secretOf(provider), secretOf(provider), secretOf(provider)];
      const { request, item } = received(provider, its);
      const stored = { headers: request.headers, body: item.body };
      const source = sourceOf(provider, old, its, next);
      expect(judgeAgain(source, [its], NOW, stored).kind).not.toBe('fails');
      expect(judgeAgain(source, [old, its, next], NOW, stored).kind).not.toBe('fails');
      expect([{ kind: 'one', nth: 2, of: 3 }, { kind: 'unknown' }]).toContainEqual(
        verifiedBy(source, NOW, stored),
      );
      expect([{ kind: 'none' }, { kind: 'unknown' }]).toContainEqual(
        verifiedBy(sourceOf(provider, old, next), NOW, stored),
      );
    },
  );

  it.each(['stripe', 'github', 'shopify', 'slack', 'svix'])('of %s tells by which secret', (name) => {
    const provider = providers.get(name);
    if (provider === undefined) throw new Error(`no ${name}`);
    const [old, its] = [secretOf(provider), secretOf(provider)];
    const { request, item } = received(provider, its);
    const stored = { headers: request.headers, body: item.body };
    expect(verifiedBy(sourceOf(provider, old, its), NOW, stored)).toEqual({ kind: 'one', nth: 2, of: 2 });
    expect(verifiedBy(sourceOf(provider, old), NOW, stored)).toEqual({ kind: 'none' });
    expect(judgeAgain(sourceOf(provider), [old], NOW, stored)).toEqual({ kind: 'fails', reason: 'mismatch' });
  });
});

describe('a saved sample', () => {
  it.each(all.map((provider) => [provider.name, provider] as const))(
    'of %s is the same event when it is signed anew, and opens nothing by itself',
    (_, provider) => {
      const [secret, other] = [secretOf(provider), secretOf(provider)];
      const { request, item } = received(provider, secret);
      const content = { headers: request.headers, body: request.body };
      const event = { provider: provider.name, type: item.type ?? 'unknown' };
      const saved = readSavedSample(JSON.stringify(savedSampleOf(event, provider, content)));
      if (saved === undefined) throw new Error('it cannot be read');
      expect(saved.body.equals(request.body)).toBe(true);
      const { url } = request;
      const again = provider.signRequest({ method: 'POST', url, ...saved }, [other], NOW);
      expect(provider.identify(again)).toEqual(provider.identify(request));
      expect(JSON.stringify(saved.headers)).not.toContain(secret);
      if (provider.bodyTrusted && !provider.signsUrl && !Object.hasOwn(SIGNED_IN_BODY, provider.name))
        expect(provider.verify({ method: 'POST', url: '/', ...saved }, [secret], NOW)).toMatchObject({
          ok: false,
        });
    },
  );

  it('is bytes where it is no text, and nothing else is taken for one', () => {
    const body = Buffer.from([0, 255, 128]);
    const saved = savedSampleOf({ provider: 'acme', type: 'x' }, undefined, {
      headers: { 'content-type': 'application/octet-stream', 'x-signature': 'abc' },
      body,
    });
    expect(saved).toMatchObject({
      encoding: 'base64',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(readSavedSample(JSON.stringify(saved))?.body.equals(body)).toBe(true);
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '{"provider":"x"}',
      JSON.stringify({ ...saved, headers: { a: 1 } }),
    ])
      expect(readSavedSample(text)).toBeUndefined();
  });
});
