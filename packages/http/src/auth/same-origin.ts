import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';

/**
 * Refuses requests that change something when another site's page made the browser send them: the browser adds
 * the operator's login by itself, so a login alone proves nothing. Clients that are no browsers send neither
 * `Sec-Fetch-Site` nor `Origin` and pass; they add no login of their own accord.
 */
export function sameOriginOnly(): Middleware {
  return (request, response, next) => {
    if (isReading(request.method ?? '') || !isCrossOrigin(request.headers)) return next();
    sendProblem(response, CROSS_ORIGIN);
  };
}

/**
 * Whether a request only reads, or shows that a page of ours or the operator sent it: a browser adds a cookie by
 * itself, so what changes something by a cookie has to show where it comes from.
 */
export function readsOrShowsOrigin({ method = '', headers }: IncomingMessage): boolean {
  if (isReading(method)) return true;
  const showsNothing = headers['sec-fetch-site'] === undefined && headers.origin === undefined;
  return !showsNothing && !isCrossOrigin(headers);
}

/** Whether a method changes nothing. */
export function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function isCrossOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  // `none`: the operator started it (a reload, for one), no page did.
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return headers.origin !== undefined && hostOf(headers.origin) !== headers.host?.toLowerCase();
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

export const CROSS_ORIGIN: Problem = {
  status: 403,
  error: 'cross_origin',
  title: 'Another site may not do this in your name',
  detail: 'Open the dashboard itself and repeat it there.',
};
