import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import { equal } from '@hookline/core';

export interface BasicAuthOptions {
  readonly user: string;
  readonly password: string;
  /** Shown by browsers in their login box. Default `Hookline`. */
  readonly realm?: string;
  /** Failed logins that one client may make in a window. Default 10. */
  readonly failures?: number;
  /** Milliseconds. Default 15 minutes. */
  readonly windowMs?: number;
}

/**
 * Lets through requests with the right user and password (RFC 7617). Only failed logins count against a client's
 * limit; a client over it gets 429 even with the right password, so that a guess that hits shows nothing.
 * A request without credentials is asked for them and does not count: every browser starts with one.
 */
export function basicAuth(options: BasicAuthOptions): Middleware {
  const { user, password, realm = 'Hookline', failures = 10, windowMs = 15 * 60_000 } = options;
  if (user === '' || password === '') throw new RangeError('basicAuth needs a user and a password');
  const challenge = { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` };
  const store = new MemoryStore();
  const limit = rateLimit({
    windowMs,
    limit: failures,
    store,
    legacyHeaders: false,
    standardHeaders: false,
    keyGenerator: clientOf,
    handler: async (request, response) => {
      const { resetTime } = (await store.get(clientOf(request))) ?? {};
      const wait = resetTime === undefined ? windowMs : resetTime.getTime() - Date.now();
      sendProblem(response, tooManyLogins(wait));
    },
    // Its checks read Express settings; this runs without Express too, and `clientOf` needs none of them.
    validate: false,
  });

  return (request, response, next) => {
    const header = request.headers.authorization;
    if (header === undefined) {
      sendProblem(response, { ...LOGIN_REQUIRED, headers: challenge });
      return;
    }
    // Counted before the comparison and taken back after it: guesses made at once cannot all pass the limit.
    limit(request as Request, response as Response, (error) => {
      if (error !== undefined) return next(error);
      const given = credentials(header);
      const userFits = equal(given?.user ?? '', user);
      const passwordFits = equal(given?.password ?? '', password);
      if (userFits && passwordFits) {
        void store.decrement(clientOf(request));
        return next();
      }
      sendProblem(response, { ...LOGIN_FAILED, headers: challenge });
    });
  };
}

/** The peer's address, an IPv6 one by its network: whoever has one address there has all of them. */
function clientOf(request: IncomingMessage): string {
  return ipKeyGenerator(request.socket.remoteAddress ?? '');
}

function credentials(header: string): { user: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

const LOGIN_REQUIRED: Problem = { status: 401, error: 'login_required', title: 'Log in to see this page' };
const LOGIN_FAILED: Problem = {
  status: 401,
  error: 'login_failed',
  title: 'The user or the password is wrong',
};

function tooManyLogins(waitMs: number): Problem {
  return {
    status: 429,
    error: 'too_many_logins',
    title: 'Too many failed logins',
    detail: 'Wait until the time in Retry-After (seconds) has passed.',
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) },
  };
}
