import {
  API_PATH,
  NOT_FOUND,
  sendJson,
  sendProblem,
  withActBody,
  ASSETS_PATH,
  type ActBody,
  type Identity,
  type Middleware,
  type Mount,
} from '@hookline/http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allApiRoutes } from './all-api-routes.ts';
import { allPages } from './all-pages.ts';
import type { Desk } from './desk.ts';
import { createAssets } from './kit/assets.ts';
import { renderDocument, type Link } from './kit/document.tsx';
import { openapi } from './openapi.ts';
import type { AnyPage } from './page.ts';
import type { AnyRoute, Reply } from './route.ts';

export interface SiteOptions {
  readonly desk: Desk;
  viewerOf(request: IncomingMessage): Identity;
  /** What stands in the navigation besides the pages. */
  readonly links: readonly Link[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Every page and API route, each at its address. */
export function createPages(options: SiteOptions): readonly Mount[] {
  return [
    { path: ASSETS_PATH, use: createAssets() },
    { path: API_PATH, use: apiOf(options) },
    { use: pagesOf(options) },
  ];
}

type Params = Readonly<Record<string, string>>;

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

function askOf(request: IncomingMessage, params: Params, { desk, viewerOf, now = Date.now }: SiteOptions) {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  return { desk, viewer: viewerOf(request), now: now(), query, params };
}

/** The groups of the navigation, each in its order. */
export function navigation(more: readonly Link[]): readonly (readonly Link[])[] {
  const placed = (allPages as readonly AnyPage[]).flatMap(({ title, path, place }) =>
    place === undefined ? [] : [{ title, path, group: place[0], position: place[1] }],
  );
  return [...groupsOf(placed).entries()]
    .toSorted(([a], [b]) => a - b)
    .map(([, links]) => links.toSorted((a, b) => a.position - b.position))
    .concat([more.map((link) => ({ ...link, group: 0, position: 0 }))]);
}

function groupsOf<Item extends { readonly group: number }>(items: readonly Item[]): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  return groups;
}

/** Nothing on our own pages needs what Bull Board's does: no style or script but from files of ours. */
const STRICT =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

function pagesOf(options: SiteOptions): Middleware {
  const links = navigation(options.links);
  return (request, response, next) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    for (const page of allPages as readonly AnyPage[]) {
      const params = matchPath(page.path, path);
      if (params === undefined) continue;
      if (request.method !== 'GET' && request.method !== 'HEAD') return sendProblem(response, NOT_FOUND);
      const ask = askOf(request, params, options);
      page
        .content(ask)
        .then((shown) => {
          if (shown === undefined) return sendProblem(response, NOT_FOUND);
          const { title, content } = shown;
          const viewer = `${ask.viewer.name} · ${ask.viewer.role}`;
          const text = renderDocument({ title, path: page.path, links, viewer }, content);
          response.setHeader('content-security-policy', STRICT);
          response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(text);
        }, next)
        .catch(next);
      return;
    }
    next();
  };
}

function apiOf(options: SiteOptions): Middleware {
  const description = JSON.stringify(openapi(allApiRoutes));
  return (request, response, next) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    if (path === '/openapi.json' && request.method === 'GET')
      return void response
        .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
        .end(description);
    const methods: string[] = [];
    for (const route of allApiRoutes as readonly AnyRoute[]) {
      const params = matchPath(route.path, path);
      if (params === undefined) continue;
      methods.push(route.method);
      if (route.method !== (request.method === 'HEAD' ? 'GET' : request.method)) continue;
      const ask = askOf(request, params, options);
      const answer = async (body: ActBody | undefined) =>
        send(response, await route.respond(ask, body?.value), body);
      const done = route.method === 'GET' ? answer(undefined) : withActBody(request, response, answer);
      done.catch(next);
      return;
    }
    if (methods.length === 0) return sendProblem(response, NOT_FOUND);
    sendProblem(response, {
      status: 405,
      error: 'method_not_allowed',
      title: 'This address does not take such a request',
      headers: { allow: methods.join(', ') },
    });
  };
}

/** A page's own form is led back to where it stood; only to an address of ours. */
function send(response: ServerResponse, reply: Reply<unknown>, body: ActBody | undefined): void {
  if (body?.kind === 'form' && reply.kind === 'json') {
    const asked = (body.value as { readonly return?: unknown }).return;
    const back =
      typeof asked === 'string' && /^\/admin\/[\w./?&=%~:+-]*$/.test(asked) ? asked : '/admin/events';
    return void response.writeHead(303, { location: back }).end();
  }
  switch (reply.kind) {
    case 'json':
      return sendJson(response, reply.status ?? 200, reply.value);
    case 'bytes':
      return void response
        .writeHead(200, { ...reply.headers, 'content-length': reply.bytes.length })
        .end(reply.bytes);
    case 'problem':
      return sendProblem(response, reply.problem);
  }
}
