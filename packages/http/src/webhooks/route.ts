import type { Source } from '@hookline/core';
import type { Outcome } from './exchange.ts';

const PATH = /^\/webhooks\/([^/?#]{1,200})\/?(?:[?#].*)?$/;

/** @returns what stands in place of a source's name; `undefined` for an address that is not a webhook's */
export function nameAsked(url: string | undefined): string | undefined {
  return PATH.exec(url ?? '')?.[1];
}

export type Route =
  /** To be read and judged. */
  | { readonly kind: 'event'; readonly source: Source }
  /** Asked without a body: a greeting, or nothing. */
  | { readonly kind: 'look'; readonly source: Source }
  | (Outcome & { readonly kind: 'unknown-source' | 'wrong-method' });

/** Whose webhook it is, and whether its method is one of theirs. */
export function route(sources: ReadonlyMap<string, Source>, name: string, method: string | undefined): Route {
  const source = sources.get(name);
  if (source === undefined) return { kind: 'unknown-source' };
  if (method === 'POST') return { kind: 'event', source };
  return method === 'GET' || method === 'HEAD' ? { kind: 'look', source } : { kind: 'wrong-method' };
}
