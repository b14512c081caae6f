import { explain, type Logger } from '@hookline/core';
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
  type Problem,
} from '@hookline/http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allApiRoutes } from './all-api-routes.ts';
import { allPages } from './all-pages.ts';
import type { Ask, Desk } from './desk.ts';
import { createAssets } from './kit/assets.ts';
import { cannotBeShown } from './kit/away.tsx';
import { renderDocument, type Link } from './kit/document.tsx';
import { openapi } from './openapi.ts';
import type { AnyPage } from './page.ts';
import type { AnyRoute, Reply } from './route.ts';

export interface SiteOptions {
  readonly desk: Desk;
  viewerOf(request: IncomingMessage): Identity;
  /** What stands in the navigation besides the pages. */
  readonly links: readonly Link[];
  readonly log: Logger;
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

  async function show(page: AnyPage, ask: Ask, response: ServerResponse): Promise<void> {
    const shown = await page.content(ask).catch((error: unknown) => {
      options.log.warn('a page cannot be shown', { page: page.path, error: explain(error) });
      return { title: page.title, content: cannotBeShown(page.title), status: 503 };
    });
    if (shown === undefined) return sendProblem(response, NOT_FOUND);
    const viewer = `${ask.viewer.name} · ${ask.viewer.role}`;
    const document = { title: shown.title, path: page.path, links, viewer };
    response.setHeader('content-security-policy', STRICT);
    response
      .writeHead('status' in shown ? shown.status : 200, { 'content-type': 'text/html; charset=utf-8' })
      .end(renderDocument(document, shown.content));
  }

  return (request, response, next) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const found = firstMatch<AnyPage>(allPages, path);
    if (found === undefined) return next();
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendProblem(response, NOT_FOUND);
    passOn(show(found.item, askOf(request, found.params, options), response), next);
  };
}

function firstMatch<Item extends { readonly path: string }>(items: readonly Item[], path: string) {
  for (const item of items) {
    const params = matchPath(item.path, path);
    if (params !== undefined) return { item, params };
  }
  return undefined;
}

/** Hands an error on to whoever answers for it. */
function passOn(work: Promise<void>, next: Parameters<Middleware>[2]): void {
  void (async () => {
    try {
      await work;
    } catch (error) {
      next(error);
    }
  })();
}

function apiOf(options: SiteOptions): Middleware {
  const description = JSON.stringify(openapi(allApiRoutes));
  const routes: readonly AnyRoute[] = allApiRoutes;

  async function answer(route: AnyRoute, ask: Ask, request: IncomingMessage, response: ServerResponse) {
    const respond = async (body: ActBody | undefined) =>
      send(response, await route.respond(ask, body?.value), body);
    await (route.method === 'GET' ? respond(undefined) : withActBody(request, response, respond));
  }

  return (request, response, next) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (path === '/openapi.json' && method === 'GET')
      return void response
        .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
        .end(description);
    const here = routes.filter((route) => matchPath(route.path, path) !== undefined);
    const found = firstMatch(
      here.filter((route) => route.method === method),
      path,
    );
    if (found !== undefined)
      return passOn(answer(found.item, askOf(request, found.params, options), request, response), next);
    if (here.length === 0) return sendProblem(response, NOT_FOUND);
    const allow = here.map((route) => route.method).join(', ');
    sendProblem(response, { ...NOT_SO, headers: { allow } });
  };
}

const NOT_SO: Problem = {
  status: 405,
  error: 'method_not_allowed',
  title: 'This address does not take such a request',
};

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
