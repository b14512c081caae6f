import type { Logger } from '@hookline/core';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { RequestListener } from 'node:http';
import { INTERNAL_ERROR, NOT_FOUND, sendProblem, type Middleware } from './problem.ts';

/** A step of a site: for every path, or for those below `path`. Express routers and applications are steps too. */
export interface Mount {
  readonly path?: string;
  readonly use: Middleware;
}

/** Puts steps together, in order, into a request listener. What no step answers is 404; what throws is logged and 503. */
export function createSite(options: {
  readonly mounts: readonly Mount[];
  readonly log: Logger;
}): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  for (const { path = '/', use } of options.mounts) app.use(path, use as RequestHandler);
  app.use((_request, response) => sendProblem(response, NOT_FOUND));
  const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const refused = refusedStatus(error);
    if (refused === undefined) options.log.error('request failed', { method: request.method, error });
    sendProblem(
      response,
      refused === undefined
        ? INTERNAL_ERROR
        : { status: refused, error: 'bad_request', title: 'The request cannot be read' },
    );
  };
  app.use(onError);
  return app;
}

/** Express marks what the caller did wrong (a path that cannot be decoded, for one) with a status below 500. */
function refusedStatus(error: unknown): number | undefined {
  const status: unknown = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
