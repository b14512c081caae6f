import type { Provider, ProviderRequest } from '@hookline/core';
import { allProviders } from './all-providers.ts';
import type { BuiltProvider } from './define-provider.ts';
import { payloadOf } from './payload.ts';

const built: ReadonlyMap<string, BuiltProvider> = new Map(
  allProviders.map((provider) => [provider.name, provider]),
);

/** Every provider by its name. */
export const providers: ReadonlyMap<string, Provider> = built;

/**
 * The parsed body of an event: JSON, or the fields of a form (GitHub's and Slack's forms carry JSON in a field,
 * which is then the payload).
 * @param provider the provider's name; one that is described in the settings sends JSON or the fields of a form
 * @returns `undefined` when the body is neither; it never throws
 */
export function parsePayload(provider: string, headers: ProviderRequest['headers'], body: Buffer): unknown {
  const known = built.get(provider);
  return known ? known.payload({ headers, body }) : payloadOf({ headers, body }, 'fields');
}

export { describedNames, describeProvider } from './described.ts';
export { subjectAt } from './subject.ts';
export { basicAuth, hmac, secretHeader } from './described-selectors.ts';
export { describeHmac } from './hmac-provider.ts';
export { providerTable } from './provider-table.ts';
export type { Select } from './select.ts';
export { expandTypes } from './select.ts';
// One selector a provider, by way of the generated index: a new provider is one new file.
export * from './all-providers.ts';

/** Whether what this provider signs with first is a secret that it shares with us, and not a key of its own. */
export function sharesSecret(name: string): boolean {
  const scheme = built.get(name)?.spec.schemes[0];
  if (scheme?.kind !== 'signed-content') return scheme?.kind === 'shared-secret';
  const [{ kind }] = scheme.algorithms;
  return kind === 'hmac' || kind === 'hash';
}
