import type { IncomingMessage } from 'node:http';
import type { Identity, Middleware } from '@hookline/http';
import type { Ask, Desk } from '../desk.ts';

export type Params = Readonly<Record<string, string>>;

/** @returns what stands in the place of each `:name`; `undefined` when the address is another one */
export function matchPath(pattern: string, path: string): Params | undefined {
  const [names, parts] = [pattern.split('/'), path.split('/')];
  if (names.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const part = parts[index] ?? '';
    if (!name.startsWith(':')) {
      if (name !== part) return undefined;
      continue;
    }
    const value = decoded(part);
    if (value === undefined || value === '') return undefined;
    params[name.slice(1)] = value;
  }
  return params;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

export function firstMatch<Item extends { readonly path: string }>(items: readonly Item[], path: string) {
  for (const item of items) {
    const params = matchPath(item.path, path);
    if (params !== undefined) return { item, params };
  }
  return undefined;
}

export interface Asked {
  readonly desk: Desk;
  viewerOf(request: IncomingMessage): Identity;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

export function askOf(
  request: IncomingMessage,
  params: Params,
  { desk, viewerOf, now = Date.now }: Asked,
): Ask {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  return { desk, viewer: viewerOf(request), now: now(), query, params };
}

/** Hands an error on to whoever answers for it. */
export function passOn(work: Promise<void>, next: Parameters<Middleware>[2]): void {
  void (async () => {
    try {
      await work;
    } catch (error) {
      next(error);
    }
  })();
}
