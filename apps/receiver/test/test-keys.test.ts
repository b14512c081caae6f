import { describe, expect, it } from '@jest/globals';
import type { Provider } from '@hookline/core';
import type { Source } from '@hookline/core';
import { providers } from '@hookline/providers';
import { randomBytes } from 'node:crypto';
import { findTestKeys } from '../src/test-keys.ts';

function providerOf(name: string): Provider {
  const provider = providers.get(name);
  if (provider === undefined) throw new Error(`there is no provider ${name}`);
  return provider;
}

/** A source that notes which secrets are signed with. */
function source(name: string, secrets: readonly string[], signedWith: string[]): Source {
  const provider: Provider = {
    ...providerOf(name),
    signRequest(request, used, now, options) {
      signedWith.push(...used);
      return providerOf(name).signRequest(request, used, now, options);
    },
  };
  return { name, provider, secrets: () => secrets, priorityOf: () => undefined };
}

describe('test keys', () => {
  it('are all used once before the first webhook, and real secrets are not', () => {
    const [sns, pubsub] = ['aws-sns', 'google-pubsub'].map((name) => [
      providerOf(name).makeSecret(randomBytes(32)),
    ]);
    const used: string[] = [];
    findTestKeys([
      source('aws-sns', sns ?? [], used),
      source('google-pubsub', [...(pubsub ?? []), 'projects/real/subscriptions/one'], used),
      source('stripe', ['whsec_real'], used),
    ]);
    expect(used).toEqual([...(sns ?? []), ...(pubsub ?? [])]);
  });

  it('that cannot sign do not keep the receiver from starting', () => {
    const used: string[] = [];
    const wrong = `test-key:${'0'.repeat(64)}`;
    findTestKeys([source('adyen', [wrong], used), source('google-pubsub', [wrong], used)]);
    expect(used).toEqual([wrong, wrong]);
  });
});
