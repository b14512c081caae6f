import { takingBackWhen } from './backend.ts';
import { numberOf, optionsOf, textOf, type TakenJob } from './taken-job.ts';
import type { Connection } from '../client/connection.ts';
import { Job, Worker, type RedisQueueBackend, type WorkerOptions } from 'bullmq';

/** What BullMQ took. */
export interface TakenByBullMQ {
  readonly job: Job | undefined;
  /** When the next job is due, in milliseconds since the epoch; 0 where nobody knows. */
  readonly until: number;
}

/** BullMQ's worker without its loop: it does one thing at a time, and only what it is asked for. */
export class ManualWorker extends Worker {
  readonly redis: RedisQueueBackend;
  readonly #connection: Connection;

  /** @param isSettled whether a lock that is not there has no owner */
  constructor(
    name: string,
    settings: Omit<WorkerOptions, 'connection'> & { readonly connection: Connection },
    isSettled: () => boolean,
  ) {
    let opened: RedisQueueBackend | undefined;
    super(
      name,
      null,
      { ...settings, autorun: false },
      (...args) => (opened = takingBackWhen(isSettled)(...args)),
    );
    if (opened === undefined) throw new Error('BullMQ made no backend: is it the pinned version?');
    this.redis = opened;
    this.#connection = settings.connection;
  }

  /** Waits until somebody says that there are jobs. @returns what was said, and null when nothing was in that time */
  async waitForMarker(seconds: number): Promise<{ readonly score: number } | null> {
    try {
      return await this.redis.waitForJob(seconds);
    } catch (error) {
      // BullMQ's own loop does so after each of them: a wait that failed may leave a connection that waits for ever.
      if (this.closing === undefined) await this.redis.reconnectBlocking().catch(() => undefined);
      throw error;
    }
  }

  /** Takes a job as only BullMQ can: jobs whose time has come are put in line first, and a limit of the queue is kept. */
  async take(token: string): Promise<TakenByBullMQ> {
    const [json, id, limit, delayed] = (await this.redis.moveToActive(token)) as [
      never,
      string,
      number,
      number,
    ];
    const until = limit > 0 ? Date.now() + limit : (delayed ?? 0);
    return { job: await this.nextJobFromJobData(json, id, token), until };
  }

  /** Does what BullMQ does as a job begins that was taken already. @returns `undefined` where that failed */
  async begin(jobId: string, token: string): Promise<Job | undefined> {
    return this.nextJobFromJobData(await this.redis.getJobData(jobId), jobId, token);
  }

  /** The jobs that are locked by these tokens. */
  async lockedBy(
    tokens: readonly string[],
  ): Promise<readonly { readonly id: string; readonly token: string }[]> {
    const ids = await this.#connection.lrange(this.toKey('active'), 0, -1);
    if (ids.length === 0) return [];
    const locks = await this.#connection.mget(ids.map((id) => `${this.toKey(id)}:lock`));
    return ids.flatMap((id, nth) => {
      const token = locks[nth];
      return typeof token === 'string' && tokens.includes(token) ? [{ id, token }] : [];
    });
  }

  /** A job without its data and its errors. */
  briefly(taken: TakenJob): Job {
    const job = new Job(this, textOf(taken, 'name') ?? '', {}, optionsOf(taken), taken.id);
    job.attemptsMade = numberOf(taken, 'made');
    job.attemptsStarted = numberOf(taken, 'started');
    return job;
  }

  /** @returns a job of nothing but its id where it is damaged or not there */
  async jobOf(jobId: string): Promise<Job> {
    const job = await Job.fromId(this, jobId).catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    });
    return job ?? new Job(this, '', {}, {}, jobId);
  }
}
