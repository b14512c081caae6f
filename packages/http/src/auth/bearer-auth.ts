import type { IncomingMessage } from 'node:http';
import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import { equalsAny } from '@hookline/core';

/**
 * Lets through requests with `Authorization: Bearer <key>` (RFC 6750) for one of the keys; all are compared, in
 * constant time. Without any key nobody gets in.
 * @param onWrongKey told of each request with a key that is none of them
 */
export function bearerAuth(
  keys: readonly string[],
  onWrongKey: (request: IncomingMessage) => void = () => undefined,
): Middleware {
  return (request, response, next) => {
    const { authorization } = request.headers;
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined && equalsAny(token, keys)) return next();
    if (authorization !== undefined) onWrongKey(request);
    sendProblem(response, authorization === undefined ? KEY_REQUIRED : KEY_REFUSED);
  };
}

const KEY_REQUIRED: Problem = {
  status: 401,
  error: 'api_key_required',
  title: 'This needs an API key',
  detail: 'Send it as "Authorization: Bearer <key>".',
  headers: { 'www-authenticate': 'Bearer realm="Hookline"' },
};
const KEY_REFUSED: Problem = {
  status: 401,
  error: 'api_key_refused',
  title: 'The API key is not one of ours',
  headers: { 'www-authenticate': 'Bearer realm="Hookline", error="invalid_token"' },
};
