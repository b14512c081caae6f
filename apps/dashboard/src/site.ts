import { API_PATH, NOT_FOUND, sendJson, sendProblem, type Middleware, type Mount } from '@hookline/http';
import { allApiRoutes } from './all-api-routes.ts';
import { allPages } from './all-pages.ts';
import { layout, type Link } from './kit/layout.ts';
import type { AnyPage, Shown } from './page.ts';

/** Every page and API route, each at its address. @param links what stands in the navigation besides the pages */
export function createPages(shown: Shown, links: readonly Link[]): readonly Mount[] {
  const pages = (allPages as readonly AnyPage[]).map((page) => ({
    path: page.path,
    use: answering(async (response) => {
      const others = [...links, ...allPages].filter(({ path }) => path !== page.path);
      const text = layout({ ...page, links: others }, await page.content(shown));
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(text);
    }),
  }));
  const routes = allApiRoutes.map(({ path, read }) => ({
    path: API_PATH + path,
    use: answering(async (response) => sendJson(response, 200, await read(shown))),
  }));
  return [...pages, ...routes];
}

type Step = Parameters<Middleware>;

/** Something at one address only, to be read. */
function answering(answer: (response: Step[1]) => Promise<void>): Middleware {
  async function respond(response: Step[1], next: Step[2]): Promise<void> {
    try {
      await answer(response);
    } catch (error) {
      next(error);
    }
  }

  return (request, response, next) => {
    const [path] = (request.url ?? '/').split('?');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path !== '/' || !isRead) return sendProblem(response, NOT_FOUND);
    void respond(response, next);
  };
}
