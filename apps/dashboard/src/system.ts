import { API_PATH, NOT_FOUND, sendJson, sendProblem, type Middleware, type Mount } from '@hookline/http';
import type { System, SystemState } from '@hookline/redis';
import { renderSystemPage, type Look } from './system-page.ts';
import { warningsOf } from './system-warnings.ts';

export const SYSTEM_PATH = '/admin/system';

/**
 * The state of the whole installation, as a page for people and as JSON for scripts. Both work while Redis is away:
 * they say so, and show what was known last.
 */
export function createSystemPages(system: Pick<System, 'read'>, queuesPath: string): readonly Mount[] {
  let lastKnown: SystemState | undefined;

  async function look(): Promise<Look> {
    try {
      lastKnown = await system.read();
      return { state: lastKnown, problem: undefined };
    } catch (error) {
      return { state: lastKnown, problem: error instanceof Error ? error.message : String(error) };
    }
  }

  const page = answering(look, (found, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(renderSystemPage(found, queuesPath));
  });
  const api = answering(look, ({ state, problem }, response) =>
    sendJson(response, 200, {
      redis: problem === undefined ? 'ready' : 'away',
      ...(problem === undefined ? {} : { problem }),
      ...(state === undefined ? {} : { warnings: warningsOf(state), state }),
    }),
  );
  return [
    { path: SYSTEM_PATH, use: page },
    { path: `${API_PATH}/system`, use: api },
  ];
}

type Step = Parameters<Middleware>;

/** A page at one address only, to be read. */
function answering(look: () => Promise<Look>, answer: (found: Look, response: Step[1]) => void): Middleware {
  async function respond(response: Step[1], next: Step[2]): Promise<void> {
    try {
      answer(await look(), response);
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
