import type { Provider } from '@hookline/core';

/** Providers and the types of which they have samples, one a line; of one provider, a type a line. */
export function listOf(providers: readonly Provider[]): readonly string[] {
  const [only] = providers;
  if (only !== undefined && providers.length === 1) return [...only.sampleTypes];
  const width = Math.max(...providers.map(({ name }) => name.length));
  return providers
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(({ name, sampleTypes }) => `${name.padEnd(width)}  ${sampleTypes.join(', ')}`);
}
