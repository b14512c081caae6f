import { createBullBoard } from '@bull-board/api';
import type {
  AppJobScheduler,
  BeforeHook,
  QueueJobJson,
  QueueWorker,
  UIConfig,
} from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import { DEAD_LETTER_QUEUE } from '@hookline/core';
import { jobIdProblem, type QueueGroup } from '@hookline/redis';
import { sendProblem, type Middleware, type Problem } from '@hookline/http';
import { readFile } from 'node:fs';
import { noteActs, type ActNotes } from './acts.ts';
import { renderPage } from './page.ts';
import { EVENT_LINKS } from './event-link.ts';
import { deadLetterTitle, DEAD_LETTERS_DESCRIPTION, readableDeadLetter } from './dead-letter-view.ts';
import type { Link } from '../kit/document.tsx';
import { LOGO } from '../kit/logo.ts';
import { holdsMask, MASK, maskSecrets } from './masking.ts';
import { JointQueue } from './joint-queue.ts';
import type { Queues } from './queues.ts';

/**
 * Bull Board over the queues that exist at the moment, to be mounted at `path` behind a login; `links` lead to our pages.
 * While Redis is away its API answers 503 at once; the page itself needs no Redis.
 */
export function createBoard(
  path: string,
  queues: Queues,
  links: readonly Link[],
  notes: ActNotes,
): Middleware {
  const server = new OwnPage().setBasePath(path);
  const board = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: { uiConfig: uiWith(links), handlerHooks: { before: refuseHarm, after: noteActs(notes) } },
  });
  queues.onChange((now) => board.replaceQueues(now.map(adapterOf)));
  const router = server.getRouter() as Middleware;

  return (request, response, next) => {
    const url = request.url ?? '/';
    if (url.startsWith('/api/') && !queues.isReady()) return sendProblem(response, REDIS_AWAY);
    if (url.startsWith('/static/')) response.setHeader('cache-control', cacheControl(url));
    router(request, response, (error) => {
      if (error instanceof RedisAway) return sendProblem(response, REDIS_AWAY);
      next(error);
    });
  };
}

const SYSTEM_FONTS = {
  'font-sans': 'system-ui, sans-serif',
  'font-mono': 'ui-monospace, monospace',
} as const;

const uiWith = (links: readonly Link[]): Partial<UIConfig> => ({
  boardTitle: 'Hookline',
  boardLogo: { path: LOGO },
  favIcon: { default: LOGO, alternative: 'static/favicon-32x32.png' },
  hideDocsLink: true,
  miscLinks: links.map(({ title, path }) => ({ text: title, url: path })),
  sortQueues: true,
  theme: { light: SYSTEM_FONTS, dark: SYSTEM_FONTS },
});

const REDIS_AWAY: Problem = {
  status: 503,
  error: 'redis_unavailable',
  title: 'Redis does not answer',
  detail: 'The page shows the queues again as soon as it does.',
  headers: { 'retry-after': '2' },
};

/** Names with a hash of the content never change it; the rest is asked for again each time. */
function cacheControl(url: string): string {
  return /\.[0-9a-f]{10}\.(?:js|css)$/.test(url)
    ? 'private, max-age=31536000, immutable'
    : 'private, no-cache';
}

/** Bull Board's Express adapter with our page, and with Redis's absence told apart from Bull Board's own errors. */
class OwnPage extends ExpressAdapter {
  constructor() {
    super();
    this.app.disable('x-powered-by');
  }

  override setViewsPath(folder: string): this {
    super.setViewsPath(folder);
    this.app.engine('ejs', (file, values, done) => {
      readFile(file, 'utf8', (error, template) => {
        if (error) return done(error);
        try {
          done(null, renderPage(template, { ...values }));
        } catch (cause) {
          done(cause);
        }
      });
    });
    return this;
  }

  override setErrorHandler(handler: Parameters<ExpressAdapter['setErrorHandler']>[0]): this {
    return super.setErrorHandler((error) => {
      if (isRedisAway(error)) throw new RedisAway();
      return handler(error);
    });
  }
}

/** Thrown through Bull Board to our own answer. */
class RedisAway extends Error {}

const CONNECTION_ERROR =
  /Command timed out|Stream isn't writeable|Connection is closed|Reached the max retries|ECONN|EPIPE|^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN) /;

function isRedisAway(error: Error): boolean {
  return CONNECTION_ERROR.test(error.message);
}

type HookContext = Parameters<BeforeHook>[0];
type HookResult = Exclude<ReturnType<BeforeHook>, Promise<unknown>>;

/** What the page asks of a queue can lose a secret, or break the queue for everybody. */
const refuseHarm: BeforeHook = (context) =>
  refuseJobId(context) ?? refuseMaskedData(context) ?? refuseLimitOfOne(context);

/** Bull Board gives BullMQ whatever id was typed. */
function refuseJobId({ request }: HookContext): HookResult {
  const options = (request?.body as { options?: unknown } | undefined)?.options;
  const id = (options as { jobId?: unknown } | null | undefined)?.jobId;
  const problem = id === undefined || id === null || id === '' ? undefined : jobIdProblem(id);
  if (problem === undefined) return undefined;
  return {
    allow: false,
    status: 400,
    errorKey: 'ERRORS.INVALID_REQUEST_BODY',
    message: `The job id ${JSON.stringify(id)?.slice(0, 100)} cannot be: ${problem}.`,
  };
}

/** BullMQ keeps a limit within one partition: of several, each would take as many. */
function refuseLimitOfOne({ method, route, request }: HookContext): HookResult {
  if (method === 'get' || !route.endsWith('/concurrency')) return undefined;
  const queue = request.queues.get(String(request.params['queueName']));
  if (!(queue instanceof JointQueue && queue.isJoint)) return undefined;
  return {
    allow: false,
    status: 409,
    errorKey: 'ERRORS.INVALID_REQUEST_BODY',
    message:
      "This queue lies in several partitions: set its globalConcurrency in the workers' settings, which holds for all of them.",
  };
}

/** What the page shows masked it would also send back masked, and the real value would be lost. */
function refuseMaskedData({ method, request }: HookContext): HookResult {
  if (method === 'get' || !holdsMask(request?.body)) return undefined;
  return {
    allow: false,
    status: 409,
    errorKey: 'ERRORS.INVALID_REQUEST_BODY',
    message: `The data still holds "${MASK}": saving it would overwrite the real value. Put the value in its place.`,
  };
}

function adapterOf(queue: QueueGroup): JointQueue {
  return queue.name === DEAD_LETTER_QUEUE ? new DeadLetters(queue) : new WorkQueue(queue);
}

class WorkQueue extends JointQueue {
  constructor(queue: QueueGroup, options?: ConstructorParameters<typeof JointQueue>[1]) {
    super(queue, { ...EVENT_LINKS, ...options });
    for (const field of ['data', 'returnValue', 'progress'] as const) this.setFormatter(field, maskSecrets);
  }

  /** Bull Board formats jobs, not the templates of schedules. */
  override async getJobSchedulers(): Promise<Omit<AppJobScheduler, 'queueName'>[]> {
    const schedulers = await super.getJobSchedulers();
    return schedulers.map((scheduler) =>
      scheduler.template === undefined
        ? scheduler
        : { ...scheduler, template: maskSecrets(scheduler.template) as typeof scheduler.template },
    );
  }
}

/** Read-only: emptying or editing it would lose the only record of what failed. */
class DeadLetters extends WorkQueue {
  constructor(queue: QueueGroup) {
    super(queue, { readOnlyMode: true, description: DEAD_LETTERS_DESCRIPTION });
    this.setFormatter('data', (data: unknown) => maskSecrets(readableDeadLetter(data)));
    this.setFormatter('name', (job: QueueJobJson) => deadLetterTitle(job.data, job.name));
  }

  /** Nobody works on it by design: no warning that nobody does. */
  override async getWorkers(): Promise<QueueWorker[] | null> {
    return null;
  }
}
