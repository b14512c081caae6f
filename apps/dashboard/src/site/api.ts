import {
  NOT_FOUND,
  sendJson,
  sendProblem,
  withActBody,
  type ActBody,
  type Middleware,
  type Problem,
} from '@hookline/http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allApiRoutes } from '../all-api-routes.ts';
import type { Ask } from '../desk.ts';
import { notDone } from '../kit/not-done.tsx';
import { openapi } from '../openapi.ts';
import type { AnyRoute, Reply } from '../route.ts';
import type { SendDocument } from './document.ts';
import { askOf, firstMatch, matchPath, passOn, type Asked } from './match.ts';

/** Every route of the operators' API at its address, and their description. */
export function serveApi(options: Asked & { readonly sendDocument: SendDocument }): Middleware {
  const description = JSON.stringify(openapi(allApiRoutes));
  const routes: readonly AnyRoute[] = allApiRoutes;

  async function answer(route: AnyRoute, ask: Ask, request: IncomingMessage, response: ServerResponse) {
    const respond = async (body: ActBody | undefined) => {
      const reply = await route.respond(ask, body?.value);
      if (body?.kind === 'form') leadBack(response, reply, body, ask, options.sendDocument);
      else send(response, reply);
    };
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

function send(response: ServerResponse, reply: Reply<unknown>): void {
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

/** Only to an address of ours. */
const OURS = /^\/admin\/[\w./?&=%~:+-]*$/;

/** A page's own form is led back to where it stood, or told in a page why nothing was done. */
function leadBack(
  response: ServerResponse,
  reply: Reply<unknown>,
  body: ActBody,
  { viewer }: Ask,
  sendDocument: SendDocument,
): void {
  const asked = (body.value as { readonly return?: unknown }).return;
  const back = typeof asked === 'string' && OURS.test(asked) ? asked : '/admin/events';
  if (reply.kind !== 'problem') return void response.writeHead(303, { location: back }).end();
  const { status, title } = reply.problem;
  sendDocument(response, { path: back, title, status, viewer, content: notDone(reply.problem, back) });
}
