import type { JobFeed, JobService, JobSummary, Logger, NewJob } from '@hookline/core';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { bearerAuth } from '../auth/bearer-auth.ts';
import { isPlace } from './frame.ts';
import * as refusals from './refusals.ts';
import { isJobId, readFinish, readJob, readJobs, readQuery, type Read } from './request.ts';
import { JobStreams, type JobStreamOptions } from './stream.ts';
import { MALFORMED_JSON, sendJson, withJson } from '../wire/json.ts';
import { createPatience, type Patience } from '../wire/deadline.ts';
import { sendProblem, type Middleware } from '../wire/problem.ts';
import { ByteBudget, type ReadBodyOptions } from '../wire/read-body.ts';
import { createSampler } from '../wire/sampler.ts';

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
const LONGEST_TOKEN = 256;

/** One request and its answer. */
interface Exchange {
  readonly request: Request;
  readonly response: Response;
  /** For calls to the store. */
  readonly ask: Patience;
}

/** The job API: creates, shows, follows, cancels, retries and finishes jobs. */
export function jobs(options: JobsOptions): JobApi {
  const { service, feed, apiKeys, log, now = Date.now, bodyLimit = BODY_LIMIT } = options;
  const deadline = options.bodyDeadline ?? BODY_DEADLINE_MS;
  const budget = new ByteBudget(BYTES_IN_FLIGHT);
  const oneJob: ReadBodyOptions = { limit: bodyLimit, deadline, budget };
  const manyJobs: ReadBodyOptions = { limit: bodyLimit * LIST_FACTOR, deadline, budget };
  const streams = new JobStreams({ service, feed, log, now }, options.streams);
  const onMissed = (count: number) => log.warn('more job requests could not be answered', { count });
  const mayLogFailure = createSampler(20, 10_000, onMissed, now);
  const withKey: RequestHandler = bearerAuth(apiKeys);

  const router = express.Router({ caseSensitive: true });
  router.use((_request, response, next) => {
    response.setHeader('x-content-type-options', 'nosniff');
    next();
  });
  router.route('/job').all(withKey).post(answer(create)).all(only('POST'));
  router
    .route('/jobs')
    .all(withKey)
    .get(answer(list))
    .post(answer(createAll))
    .all(only('GET', 'HEAD', 'POST'));
  router
    .route('/job/:id')
    .all(withKey)
    .get(answer(withId(show)))
    .delete(answer(withId(cancel)))
    .all(only('GET', 'HEAD', 'DELETE'));
  router
    .route('/job/:id/retry')
    .all(withKey)
    .post(answer(withId(retry)))
    .all(only('POST'));
  router
    .route('/job/:id/stream')
    .all(withKey)
    .head(only('GET'))
    .get(answer(withId(stream)))
    .all(only('GET'));
  router.route('/finish/:id').post(answer(finish)).all(only('POST'));

  return {
    use: (request, response, next) => router(request as Request, response as Response, next),
    close: () => streams.close(),
  };

  function answer(handle: (exchange: Exchange) => Promise<void>): RequestHandler {
    return (request, response) => {
      handle({ request, response, ask: createPatience() }).catch((error: unknown) => {
        if (mayLogFailure()) log.error('a job request could not be answered', { error: String(error) });
        if (response.headersSent) response.destroy();
        else sendProblem(response, refusals.UNAVAILABLE);
      });
    };
  }

  function create(exchange: Exchange): Promise<void> {
    return createFrom(
      exchange,
      oneJob,
      (body) => readJob(body, now()),
      ([job]) => {
        if (job === undefined) throw new Error('the store created no job');
        sendJson(exchange.response, 201, job, { location: `/job/${job.id}` });
      },
    );
  }

  function createAll(exchange: Exchange): Promise<void> {
    return createFrom(
      exchange,
      manyJobs,
      (body) => readJobs(body, now(), bodyLimit),
      (created) => sendJson(exchange.response, 201, created),
    );
  }

  function createFrom(
    { request, response, ask }: Exchange,
    reading: ReadBodyOptions,
    read: (body: unknown) => Read<readonly NewJob[]>,
    send: (created: readonly JobSummary[]) => void,
  ): Promise<void> {
    return withJson(request, response, reading, async (body) => {
      if (body === undefined) return sendProblem(response, MALFORMED_JSON);
      const asked = read(body);
      if (!asked.ok) return sendProblem(response, refusals.invalid('invalid_job', asked.errors));
      const result = await ask(() => service.create(asked.value));
      if (result.kind === 'unknown-name')
        return sendProblem(response, refusals.unknownJob(result.names, result.known));
      if (result.kind === 'full') {
        if (mayLogFailure()) log.error('jobs were not created', { reason: result.reason });
        return sendProblem(response, refusals.FULL);
      }
      const [first] = result.jobs;
      log.info('created', { count: result.jobs.length, job: first?.id, runs: first?.name });
      send(result.jobs);
    });
  }

  async function list({ request, response, ask }: Exchange): Promise<void> {
    const query = readQuery(searchOf(request));
    if (!query.ok) return sendProblem(response, refusals.invalid('invalid_query', query.errors));
    const page = await ask(() => service.list(query.value));
    if (page.kind === 'unknown-cursor') return sendProblem(response, refusals.UNKNOWN_CURSOR);
    sendJson(response, 200, { jobs: page.jobs, next: page.next ?? null });
  }

  async function show(id: string, { response, ask }: Exchange): Promise<void> {
    const job = await ask(() => service.get(id));
    if (job === undefined) return sendProblem(response, refusals.UNKNOWN_JOB_ID);
    sendJson(response, 200, job);
  }

  async function cancel(id: string, { response, ask }: Exchange): Promise<void> {
    const result = await ask(() => service.cancel(id));
    switch (result.kind) {
      case 'cancelled':
        return changed('cancelled', response, 200, result.job);
      case 'over':
        return sendProblem(response, refusals.jobOver(result.status));
      case 'unknown':
        return sendProblem(response, refusals.UNKNOWN_JOB_ID);
    }
  }

  async function retry(id: string, { response, ask }: Exchange): Promise<void> {
    const result = await ask(() => service.retry(id));
    switch (result.kind) {
      case 'queued':
        return changed('queued again', response, 202, result.job);
      case 'not-failed':
        return sendProblem(response, refusals.jobNotFailed(result.status));
      case 'unknown':
        return sendProblem(response, refusals.UNKNOWN_JOB_ID);
    }
  }

  async function stream(id: string, { request, response, ask }: Exchange): Promise<void> {
    const given = request.headers['last-event-id'] || searchOf(request).get('lastEventId') || undefined;
    const after = given?.toString();
    if (after !== undefined && !isPlace(after)) return sendProblem(response, refusals.BAD_LAST_EVENT_ID);
    await streams.serve(id, after, response, ask);
  }

  async function finish(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const token = await ownToken(exchange);
    if (token !== undefined) return finishNow(exchange, token);
    if (request.headers.authorization === undefined) return sendProblem(response, refusals.FINISH_REFUSED);
    let allowed = false;
    withKey(request, response, () => (allowed = true));
    if (allowed) await finishNow(exchange);
  }

  /** The job's own token, which stands in for an API key, where the address carries it. */
  async function ownToken({ request, ask }: Exchange): Promise<string | undefined> {
    const [id, token] = [idOf(request), searchOf(request).get('token')];
    if (id === undefined || token === null || token === '' || token.length > LONGEST_TOKEN) return undefined;
    return (await ask(() => service.mayFinish(id, token))) ? token : undefined;
  }

  function finishNow({ request, response, ask }: Exchange, token?: string): Promise<void> {
    return withJson(request, response, oneJob, async (body) => {
      const read = readFinish(body);
      if (!read.ok) return sendProblem(response, refusals.invalid('invalid_finish', read.errors));
      const id = idOf(request);
      const finished = id === undefined ? UNKNOWN : await ask(() => service.finish(id, read.value, token));
      switch (finished.kind) {
        case 'finished':
          return changed('finished from outside', response, 200, finished.job);
        case 'wrong-status':
          return sendProblem(response, refusals.notProcessing(finished.status));
        case 'finishes-itself':
          return sendProblem(response, refusals.FINISHES_ITSELF);
        case 'refused':
          return sendProblem(response, refusals.FINISH_REFUSED);
        case 'unknown':
          return sendProblem(response, refusals.UNKNOWN_JOB_ID);
      }
    });
  }

  function changed(message: string, response: Response, status: number, job: JobSummary): void {
    log.info(message, { job: job.id, runs: job.name });
    sendJson(response, status, job);
  }
}

const UNKNOWN = { kind: 'unknown' } as const;

function withId(handle: (id: string, exchange: Exchange) => Promise<void>) {
  return async (exchange: Exchange): Promise<void> => {
    const id = idOf(exchange.request);
    if (id === undefined) return sendProblem(exchange.response, refusals.UNKNOWN_JOB_ID);
    await handle(id, exchange);
  };
}

/** @returns undefined for what cannot be a job's id */
function idOf({ params: { id } }: Request): string | undefined {
  return typeof id === 'string' && isJobId(id) ? id : undefined;
}

function searchOf({ url }: Request): URLSearchParams {
  const query = url.indexOf('?');
  return new URLSearchParams(query < 0 ? '' : url.slice(query + 1));
}

function only(...methods: readonly string[]): RequestHandler {
  const problem = refusals.wrongMethod(methods);
  return (_request, response) => sendProblem(response, problem);
}
