import { explain, type JobFeed, type JobService, type Logger } from '@hookline/core';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { bearerAuth } from '../auth/bearer-auth.ts';
import { sendAnswer } from '../wire/answer.ts';
import { createDeadline } from '../wire/deadline.ts';
import { withJson } from '../wire/json.ts';
import { sendProblem, type Middleware } from '../wire/problem.ts';
import { ByteBudget } from '../wire/byte-budget.ts';
import { createPeerOf, type PeerOf, type TrustedProxies } from '../wire/peer.ts';
import { type ReadBodyOptions } from '../wire/read-body.ts';
import { createSampler } from '../wire/sampler.ts';
import { allJobRoutes } from './all-job-routes.ts';
import * as refusals from './refusals.ts';
import { isJobId } from './request.ts';
import { createTokenGate } from './token-gate.ts';
import type { JobApiParts, JobCall, JobRoute } from './route.ts';
import { JobStreams, type JobStreamOptions } from './stream.ts';

export interface JobsOptions {
  readonly service: JobService;
  readonly feed: JobFeed;
  readonly apiKeys: readonly string[];
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly streams?: JobStreamOptions;
  /** The most bytes of one job, and of one result; a list of jobs may have 16 times as many. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Milliseconds that a body may take to arrive. Default 20 s. */
  readonly bodyDeadline?: number;
  /** Whom to believe where a request comes from. */
  readonly trustedProxies?: TrustedProxies;
}

export interface JobApi {
  readonly use: Middleware;
  /** Ends the open streams, so that the server can close. */
  close(): void;
}

const BODY_LIMIT = 2 ** 20;
const LIST_FACTOR = 16;
const BODY_DEADLINE_MS = 20_000;
/** All bodies together, from the first byte to the answer. */
const BYTES_IN_FLIGHT = 64 * 2 ** 20;

/** In the order in which an Allow header names them. */
const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'];

/** The job API: creates, shows, follows, cancels, retries and finishes jobs. */
export function jobs(options: JobsOptions): JobApi {
  const { service, feed, log, now = Date.now } = options;
  const streams = new JobStreams(
    { service, feed, log, now },
    { ...limitsFor(options.apiKeys), ...options.streams },
  );
  const router = new JobRouter(options, streams).router(allJobRoutes);
  return {
    use: (request, response, next) => router(request as Request, response as Response, next),
    close: () => streams.close(),
  };
}

/** Where there are several, no holder of a key can take every stream from the others. */
function limitsFor(keys: readonly string[]): JobStreamOptions {
  return keys.length > 1 ? { maxOfKey: 2_500 } : {};
}

/** Turns routes, which know values only, into Express's. */
class JobRouter {
  readonly #parts: JobApiParts;
  readonly #streams: JobStreams;
  readonly #peerOf: PeerOf;
  readonly #withKey: RequestHandler;
  readonly #reading: Readonly<Record<'one' | 'many', ReadBodyOptions>>;

  constructor(options: JobsOptions, streams: JobStreams) {
    const { service, log, apiKeys, now = Date.now, bodyLimit = BODY_LIMIT } = options;
    const onMissed = (count: number) => log.warn('more job requests could not be answered', { count });
    const mayLogFailure = createSampler(20, 10_000, onMissed, now);
    const reading = {
      deadline: options.bodyDeadline ?? BODY_DEADLINE_MS,
      budget: new ByteBudget(BYTES_IN_FLIGHT),
    };
    this.#parts = { service, tokens: createTokenGate(), log, now, bodyLimit, mayLogFailure };
    this.#peerOf = createPeerOf(options.trustedProxies);
    this.#streams = streams;
    this.#withKey = bearerAuth(apiKeys);
    this.#reading = {
      one: { ...reading, limit: bodyLimit },
      many: { ...reading, limit: bodyLimit * LIST_FACTOR },
    };
  }

  router(routes: readonly JobRoute[]): Router {
    const router = express.Router({ caseSensitive: true });
    router.use((_request, response, next) => {
      response.setHeader('x-content-type-options', 'nosniff');
      next();
    });
    for (const path of new Set(routes.map((route) => route.path)))
      this.#mount(
        router,
        path,
        routes.filter((route) => route.path === path),
      );
    return router;
  }

  #mount(router: Router, path: string, routes: readonly JobRoute[]): void {
    const taken = routes.flatMap((route) =>
      route.method === 'GET' && 'answer' in route ? ['GET', 'HEAD'] : [route.method],
    );
    const methods = METHODS.filter((method) => taken.includes(method));
    const refuse = only(methods);
    const place = router.route(path);
    if (routes.every((route) => route.admit === undefined)) place.all(this.#withKey);
    // Express answers HEAD with GET's handler, and a stream has no end to tell the length of.
    if (!methods.includes('HEAD')) place.head(refuse);
    for (const route of routes) {
      const serve = this.#serve(route);
      switch (route.method) {
        case 'GET':
          place.get(serve);
          break;
        case 'POST':
          place.post(serve);
          break;
        case 'DELETE':
          place.delete(serve);
          break;
      }
    }
    place.all(refuse);
  }

  #serve(route: JobRoute): RequestHandler {
    const { log, mayLogFailure } = this.#parts;
    return (request, response) => {
      this.#answer(route, request, response).catch((error: unknown) => {
        if (mayLogFailure()) log.error('a job request could not be answered', { error: explain(error) });
        if (response.headersSent) response.destroy();
        else sendProblem(response, refusals.UNAVAILABLE);
      });
    };
  }

  async #answer(route: JobRoute, request: Request, response: Response): Promise<void> {
    const asked = callOf(request, this.#peerOf(request));
    const entry = route.admit === undefined ? undefined : await route.admit(asked, this.#parts);
    if (entry?.kind === 'refused') return sendProblem(response, entry.problem);
    if (entry?.kind === 'needs-key' && !this.#hasKey(request, response)) return;
    const call = entry?.kind === 'token' ? { ...asked, token: entry.token } : asked;
    if ('follow' in route) {
      const followed = route.follow(call);
      if ('error' in followed) return sendProblem(response, followed);
      const key = request.headers.authorization ?? '';
      return this.#streams.serve({ ...followed, key, response, ask: call.ask });
    }
    if (route.reads === undefined) return sendAnswer(response, await route.answer(call, this.#parts));
    const reading = { ...this.#reading[route.reads], holder: { peer: call.peer } };
    return withJson(request, response, reading, async (body) =>
      sendAnswer(response, await route.answer({ ...call, body }, this.#parts)),
    );
  }

  /** Answers by itself where the key is missing or wrong. */
  #hasKey(request: Request, response: Response): boolean {
    let allowed = false;
    this.#withKey(request, response, () => (allowed = true));
    return allowed;
  }
}

function callOf({ params: { id }, url, headers }: Request, peer: string): JobCall {
  const query = url.indexOf('?');
  return {
    id: typeof id === 'string' && isJobId(id) ? id : undefined,
    search: new URLSearchParams(query < 0 ? '' : url.slice(query + 1)),
    headers,
    peer,
    body: undefined,
    token: undefined,
    ask: createDeadline(),
  };
}

function only(methods: readonly string[]): RequestHandler {
  const problem = refusals.wrongMethod(methods);
  return (_request, response) => sendProblem(response, problem);
}
