import { isName, milliseconds, type Duration } from '@hookline/core';
import { createAttempts, type AnyHandler } from './attempts.ts';
import type { JobContext, JobHandler } from './context.ts';
import { SafeEmitter, type JobQueueEvents, type Listener } from './emitter.ts';
import { JobNotFoundError, JobStateError } from './failure.ts';
import { prepare } from './intake.ts';
import { countJobs, findJob, listJobs, removeJobsNamed, type Page, type QueueStats } from './inventory.ts';
import { workOf, type BullJob } from '../bullmq/job-data.ts';
import {
  snapshot,
  type AnyJobs,
  type JobData,
  type JobMap,
  type JobName,
  type JobOf,
  type JobState,
  type QueuedJob,
} from './job.ts';
import {
  readConcurrency,
  readSettings,
  type AddOptions,
  type JobQueueHooks,
  type JobQueueOptions,
  type Settings,
} from './options.ts';
import { startRunner, type Runner } from './runner.ts';
import { openBackendStore, openRedisStore, type Store } from './store.ts';

/** One of the jobs of `addBulk`. */
export type BulkJob<Jobs> = {
  [Name in JobName<Jobs>]: {
    readonly name: Name;
    readonly data: JobData<Jobs, Name>;
    readonly options?: AddOptions;
  };
}[JobName<Jobs>];

/** When a scheduled job is to run; a time that is past means at once. */
export type When =
  | { readonly runAt: Date | number; readonly delay?: never }
  | { readonly delay: Duration; readonly runAt?: never };

/**
 * A queue of jobs: add them anywhere, work on them in as many processes as you like. One instance adds, or works (from
 * its first `process`), or both. It keeps a connection open until `close`.
 * @example
 * const queue = new JobQueue<{ greet: { data: { name: string }; result: string } }>('greetings');
 * queue.process('greet', (job) => `Hello ${job.data.name}`);
 * await queue.add('greet', { name: 'Ada' });
 */
export class JobQueue<Jobs extends JobMap<Jobs> = AnyJobs> {
  readonly name: string;
  readonly #store: Store;
  readonly #hooks: JobQueueHooks;
  readonly #emitter = new SafeEmitter();
  readonly #handlers = new Map<string, AnyHandler>();
  #settings: Settings;
  #runner: Runner | undefined;
  #closed: Promise<readonly string[]> | undefined;
  #over = false;

  /**
   * @param name the queue; every process that gives the same name (and prefix) works on the same jobs. Give all of
   * them the same options.
   * @throws RangeError that names the option and its range
   */
  constructor(name: string, options: JobQueueOptions<Jobs> = {}) {
    if (!isName(name))
      throw new RangeError(`the queue's name is '${name}': use 1 to 64 letters, digits, '_' and '-'`);
    if (options.backend !== undefined && (options.redis !== undefined || options.prefix !== undefined))
      throw new RangeError('backend and redis (or prefix) both say where jobs are kept: give one of them');
    this.name = name;
    this.#settings = readSettings(options as JobQueueOptions<never>);
    this.#hooks = (options.hooks ?? {}) as JobQueueHooks;
    const onError = (error: Error) => this.#emitter.emit('error', error);
    const { backend, redis = 'redis://127.0.0.1:6379', prefix = '{hookline}' } = options;
    this.#store =
      backend === undefined
        ? openRedisStore(name, { redis, prefix, onError })
        : openBackendStore(name, backend, onError);
  }

  /**
   * Adds a job. Inside a handler, of this queue or another, one without an `id` gets one made from the handler's job,
   * so that a retry of the handler adds nothing twice.
   * @returns the job as it was added; the job that is there already when its id is taken
   * @throws RangeError for options that cannot be; TypeError for data that is not JSON; Error when the store cannot be
   * reached, or the queue is closed
   */
  async add<Name extends JobName<Jobs>>(
    name: Name,
    data: JobData<Jobs, Name>,
    options: AddOptions = {},
  ): Promise<JobOf<Jobs, Name>> {
    const prepared = prepare(this.name, this.#settings, name, data, options);
    const { queue } = await this.#open();
    const job = await queue.add(prepared.name, prepared.data, prepared.opts);
    return (await this.#added(job, prepared.mayExist)) as JobOf<Jobs, Name>;
  }

  /**
   * Adds many jobs in one call, in order. One that cannot be refuses all of them before any is added. Should the
   * connection break in the middle, some may be in: give them ids, and the same call again adds only the others.
   * @returns them in the same order
   */
  async addBulk(jobs: readonly BulkJob<Jobs>[]): Promise<JobOf<Jobs>[]> {
    const prepared = jobs.map(({ name, data, options = {} }) =>
      prepare(this.name, this.#settings, name, data, options),
    );
    const { queue, bulkSize } = await this.#open();
    const added: BullJob[] = [];
    for (let start = 0; start < prepared.length; start += bulkSize)
      added.push(...(await queue.addBulk(prepared.slice(start, start + bulkSize))));
    return (await Promise.all(
      added.map((job, i) => this.#added(job, prepared[i]?.mayExist ?? false)),
    )) as JobOf<Jobs>[];
  }

  /** `add` with the time said apart; one that is past means at once. */
  async schedule<Name extends JobName<Jobs>>(
    name: Name,
    data: JobData<Jobs, Name>,
    when: When,
    options: Omit<AddOptions, 'delay' | 'runAt'> = {},
  ): Promise<JobOf<Jobs, Name>> {
    if (when.runAt === undefined && when.delay === undefined)
      throw new RangeError('schedule needs { runAt } or { delay }');
    return this.add(name, data, { ...options, ...when });
  }

  /** One job as it is now; `undefined` when it was never added, was removed, or is not kept any more. */
  async get(id: string): Promise<JobOf<Jobs> | undefined> {
    const { queue } = await this.#open();
    const found = await findJob(queue, id);
    if (found === undefined) return undefined;
    return this.#snapshot(found.job, found.state) as JobOf<Jobs>;
  }

  /**
   * Jobs of one state, or all: waiting and delayed ones in the order in which they will run, ended ones newest first.
   */
  async list(state?: JobState, page: Page = {}): Promise<JobOf<Jobs>[]> {
    const { queue } = await this.#open();
    const found = await listJobs(queue, state, page);
    return found.map((each) => this.#snapshot(each.job, each.state)) as JobOf<Jobs>[];
  }

  /**
   * Tries a failed job again, with all its attempts.
   * @throws JobNotFoundError when there is no such job; JobStateError when it has not failed
   */
  async retry(id: string): Promise<void> {
    const { queue } = await this.#open();
    const found = await findJob(queue, id);
    if (found === undefined) throw new JobNotFoundError(id, this.name);
    const { job, state } = found;
    if (state !== 'failed')
      throw new JobStateError(`job '${id}' is ${state}: only a failed job can be retried`);
    if (job.stalledCounter > 0) await job.updateData({ ...workOf(job), forgiven: job.stalledCounter });
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  }

  /**
   * Takes a job out of the queue, whatever its state.
   * @returns whether there was one
   * @throws JobStateError when it is being worked on
   */
  async remove(id: string): Promise<boolean> {
    const { queue } = await this.#open();
    if ((await queue.getJob(id)) === undefined) return false;
    if ((await queue.remove(id)) > 0) return true;
    if ((await queue.getJob(id)) === undefined) return false;
    throw new JobStateError(`job '${id}' is active: it can be removed when its attempt has ended`);
  }

  /**
   * Takes every job of a name out of the queue; those that are being worked on stay.
   * @returns how many were removed
   */
  async removeByName(name: JobName<Jobs>): Promise<number> {
    return removeJobsNamed((await this.#open()).queue, name);
  }

  /** Stops the queue, in all processes: no further job begins. What runs goes on to its end. */
  async pause(): Promise<void> {
    await (await this.#open()).queue.pause();
    this.#emitter.emit('paused');
  }

  /** Ends `pause`, in all processes. */
  async resume(): Promise<void> {
    await (await this.#open()).queue.resume();
    this.#emitter.emit('resumed');
  }

  async stats(): Promise<QueueStats> {
    return countJobs((await this.#open()).queue);
  }

  /**
   * Changes at once how many jobs run at a time, over all processes of the queue. Another process goes no higher than
   * its own `concurrency`; one that starts later sets its own.
   * @throws RangeError outside 1 to 1000
   */
  async setConcurrency(concurrency: number): Promise<void> {
    this.#settings = { ...this.#settings, concurrency: readConcurrency(concurrency) };
    const { queue } = await this.#open();
    await queue.setGlobalConcurrency(concurrency);
    await this.#runner?.setConcurrency(concurrency);
  }

  /**
   * Says what does the jobs of a name, and begins working. A name that has no handler here is left to other processes.
   * @throws Error when the name has one already, or the queue is closed
   */
  process<Name extends JobName<Jobs>>(name: Name, handler: JobHandler<Jobs, Name>): this {
    if (this.#closed !== undefined) throw closedError(this.name);
    if (this.#handlers.has(name))
      throw new Error(`the queue '${this.name}' has a handler for '${name}' already`);
    this.#handlers.set(name, handler as unknown as AnyHandler);
    this.#runner ??= this.#start();
    return this;
  }

  /**
   * Takes no new job, waits until what runs has ended and its hooks with it, then ends the connections.
   * @param options.deadline how long: what still runs 2.5 s before is aborted and put back. As long as it takes
   * unless given
   * @returns the ids of jobs that did not even end when aborted: another process takes them when their locks run out
   */
  close({ deadline }: { readonly deadline?: Duration } = {}): Promise<readonly string[]> {
    this.#closed ??= this.#close(deadline === undefined ? undefined : milliseconds(deadline));
    return this.#closed;
  }

  on<Event extends keyof JobQueueEvents<Jobs>>(
    event: Event,
    listener: Listener<JobQueueEvents<Jobs>[Event]>,
  ): this {
    this.#emitter.on(event, listener as Listener<never[]>);
    return this;
  }

  once<Event extends keyof JobQueueEvents<Jobs>>(
    event: Event,
    listener: Listener<JobQueueEvents<Jobs>[Event]>,
  ): this {
    this.#emitter.once(event, listener as Listener<never[]>);
    return this;
  }

  off<Event extends keyof JobQueueEvents<Jobs>>(
    event: Event,
    listener: Listener<JobQueueEvents<Jobs>[Event]>,
  ): this {
    this.#emitter.off(event, listener as Listener<never[]>);
    return this;
  }

  /** An id that was given may be taken: then BullMQ has added nothing, and the job that has it is the answer. */
  async #added(job: BullJob, mayExist: boolean): Promise<QueuedJob> {
    const added = this.#snapshot(job, (job.opts.delay ?? 0) > 0 ? 'delayed' : 'waiting');
    if (mayExist) {
      const found = await findJob(this.#store.queue, added.id);
      if (found !== undefined && found.job.timestamp !== job.timestamp)
        return this.#snapshot(found.job, found.state);
    }
    this.#emitter.emit('added', added);
    return added;
  }

  #snapshot(job: BullJob, state: JobState): QueuedJob {
    return snapshot(job, state, this.#settings.retry.attempts);
  }

  #start(): Runner {
    const enqueue: JobContext['enqueue'] = (name, data, options) =>
      (this as unknown as JobQueue).add(name, data, options);
    const shared = { settings: () => this.#settings, emitter: this.#emitter };
    const attempts = createAttempts({ ...shared, queue: this.name, handlers: this.#handlers, enqueue });
    return startRunner({ ...shared, store: this.#store, attempts, hooks: this.#hooks });
  }

  /** While the queue closes, what still runs may go on asking and adding. */
  async #open(): Promise<Store> {
    if (this.#over) throw closedError(this.name);
    await this.#store.ready();
    return this.#store;
  }

  async #close(deadline: number | undefined): Promise<readonly string[]> {
    const left = (await this.#runner?.close(deadline)) ?? [];
    this.#over = true;
    await this.#store.close();
    return left;
  }
}

function closedError(queue: string): Error {
  return new Error(`the queue '${queue}' is closed`);
}
