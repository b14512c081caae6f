import type { ProviderRequest } from '@hookline/core';

/** The value of a header; `undefined` also when it is empty. */
export function headerOf(headers: ProviderRequest['headers'], name: string): string | undefined {
  const value: unknown = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
