import { describe, expect, it } from '@jest/globals';
import type { Provider } from '@hookline/core';
import { providers } from '../src/index.ts';

const NOW = Date.UTC(2026, 10, 28);

/** What the samples of a provider are about, by type. */
function subjectsOf(provider: Provider): Record<string, string | undefined> {
  return Object.fromEntries(
    provider.sampleTypes.map((type) => {
      const sample = provider.sample(type, 'abc123abc123', NOW);
      const url = `/?${sample?.query ?? ''}`;
      const body = Buffer.from(sample?.body ?? '');
      const [item] = provider.split({ method: 'POST', url, headers: sample?.headers ?? {}, body });
      return [type, item?.subject];
    }),
  );
}

const subjectsNamed = (name: string) => subjectsOf(providers.get(name) as Provider);

describe('what an event is about', () => {
  it.each([
    ['stripe', 'payment_intent.succeeded', /^cus_/],
    ['stripe', 'customer.subscription.deleted', /^cus_/],
    ['github', 'push', /^ada\/engine$/],
    ['github', 'ping', /^ada\/engine$/],
    ['shopify', 'orders/create', /^engine-parts\.myshopify\.com:\d+$/],
    ['gitlab', undefined, /\//],
    ['mollie', undefined, /^\w+/],
    ['twilio', undefined, /^[A-Z]{2}/],
    ['hubspot', undefined, /^\d+:\d+$/],
    ['xero', undefined, /^[\w-]+$/],
  ])('is said by %s %s', (name, type, subject) => {
    const found = subjectsNamed(name);
    expect(found[type ?? Object.keys(found)[0] ?? '']).toMatch(subject);
  });

  it.each([...providers.values()].map((provider) => [provider.name, provider] as const))(
    'is said by some sample of %s where its file says so, and is an id that tells of nobody',
    (_, provider) => {
      const { spec } = provider as unknown as { spec: { subject?: unknown } };
      const subjects = Object.values(subjectsOf(provider)).filter((subject) => subject !== undefined);
      expect(subjects.length > 0).toBe(spec.subject !== undefined);
      for (const subject of subjects) expect(subject).toMatch(/^[^\s@]{1,120}$/);
    },
  );
});
