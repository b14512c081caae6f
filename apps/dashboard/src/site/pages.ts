import { explain, type Logger } from '@hookline/core';
import { NOT_FOUND, sendProblem, type Middleware } from '@hookline/http';
import type { ServerResponse } from 'node:http';
import { allPages } from '../all-pages.ts';
import type { Ask } from '../desk.ts';
import { cannotBeShown } from '../kit/away.tsx';
import type { Link } from '../kit/document.tsx';
import type { AnyPage } from '../page.ts';
import { askOf, firstMatch, passOn, type Asked } from './match.ts';
import type { SendDocument } from './document.ts';

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

/** Every page at its address; who cannot load one is told so, and where else to look. */
export function servePages(
  options: Asked & { readonly log: Logger; readonly sendDocument: SendDocument },
): Middleware {
  const { log, sendDocument } = options;

  async function show(page: AnyPage, ask: Ask, response: ServerResponse): Promise<void> {
    const shown = await page.content(ask).catch((error: unknown) => {
      log.warn('a page cannot be shown', { page: page.path, error: explain(error) });
      return { title: page.title, content: cannotBeShown(page.title), status: 503 };
    });
    if (shown === undefined) return sendProblem(response, NOT_FOUND);
    sendDocument(response, { path: page.path, status: 200, ...shown, viewer: ask.viewer });
  }

  return (request, response, next) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const found = firstMatch<AnyPage>(allPages, path);
    if (found === undefined) return next();
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendProblem(response, NOT_FOUND);
    passOn(show(found.item, askOf(request, found.params, options), response), next);
  };
}
