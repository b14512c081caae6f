import type { Problem } from '@hookline/http';
import type { z } from 'zod';
import type { Ask } from './desk.ts';

/** What a route answers. */
export type Reply<Answer> =
  | { readonly kind: 'json'; readonly status?: 200 | 202; readonly value: Answer }
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly headers: Readonly<Record<string, string>> }
  | Refused;

export interface Refused {
  readonly kind: 'problem';
  readonly problem: Problem;
}

/** A route of the operators' API, below `/admin/api`: a file in `api/`, for its default export. */
export interface ApiRoute<Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** With `:name` for what changes. */
  readonly path: string;
  /** In a line, for the API's description. */
  readonly says: string;
  /** What may stand behind the `?`; all of it is text. */
  readonly query?: Query;
  /** What a POST brings. */
  readonly body?: Body;
  /** What a success is; bytes unless given. */
  readonly answer?: Answer;
  /** What a success that is yet to be carried out is answered with; 200 unless given. */
  readonly success?: 202;
  answerTo(
    ask: Ask,
    asked: { readonly query: z.infer<Query>; readonly body: z.infer<Body> },
  ): Promise<Reply<z.input<Answer>>>;
}

/** A route whose shapes are its own business. */
export interface AnyRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly says: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  readonly success?: 202;
  /** @param body as it came */
  respond(ask: Ask, body: unknown): Promise<Reply<unknown>>;
}

export function defineRoute<
  Query extends z.ZodType = z.ZodUnknown,
  Body extends z.ZodType = z.ZodUnknown,
  Answer extends z.ZodType = z.ZodUnknown,
>(route: ApiRoute<Query, Body, Answer>): AnyRoute {
  const { method, path, says, query, body, answer, success } = route;
  return {
    method,
    path,
    says,
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    ...(answer === undefined ? {} : { answer }),
    ...(success === undefined ? {} : { success }),
    async respond(ask, given) {
      const asked = Object.fromEntries(ask.query);
      const readQuery = query?.safeParse(asked);
      if (readQuery?.success === false) return wrong('query', readQuery.error);
      const readBody = body?.safeParse(given ?? {});
      if (readBody?.success === false) return wrong('body', readBody.error);
      return route.answerTo(ask, {
        query: (readQuery?.data ?? {}) as z.infer<Query>,
        body: (readBody?.data ?? {}) as z.infer<Body>,
      });
    },
  };
}

function wrong(where: 'query' | 'body', error: z.ZodError): Refused {
  const detail = error.issues
    .map(({ path, message }) => `${path.length === 0 ? where : path.join('.')}: ${message}`)
    .join('; ');
  return badRequest(detail);
}

/** What was asked for cannot be. @param detail what, and how to ask */
export function badRequest(detail: string): Refused {
  return {
    kind: 'problem',
    problem: { status: 400, error: 'bad_request', title: 'This cannot be asked for', detail },
  };
}

export function notFound(what: string): Refused {
  return {
    kind: 'problem',
    problem: { status: 404, error: 'not_found', title: `There is no such ${what}` },
  };
}

/** For who may not see what came in. */
export const PAYLOADS_CLOSED: Refused = {
  kind: 'problem',
  problem: { status: 403, error: 'payloads_closed', title: 'Your role does not see payloads' },
};
