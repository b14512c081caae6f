import {
  isFinal,
  STREAM_START,
  type JobFeed,
  type JobFrame,
  type JobRecord,
  type JobService,
  type Logger,
  type OldestFrame,
} from '@hookline/core';
import type { ServerResponse } from 'node:http';
import { frameBytes, isBefore, isLast, lastFrameOf, serverSentEvent, truncatedEvent } from './frame.ts';
import { TOO_MANY_STREAMS, UNKNOWN_JOB_ID } from './refusals.ts';
import { createDeadline, type Deadline } from '../wire/deadline.ts';
import { sendProblem } from '../wire/problem.ts';
import { createSampler } from '../wire/sampler.ts';

export interface JobStreamOptions {
  /** The most clients of this process. Default 5,000. */
  readonly max?: number;
  /** The most of one job. Default 250. */
  readonly maxOfJob?: number;
  /** The most of one API key's holder. Default half of all; with one key, all. */
  readonly maxOfKey?: number;
  /** Milliseconds between two signs of life. Default 15 s. */
  readonly heartbeat?: number;
  /** The most bytes that wait for one client. Default 1 MiB. */
  readonly slowBytes?: number;
}

export interface JobStreamParts {
  readonly service: Pick<JobService, 'get'>;
  readonly feed: JobFeed;
  readonly log: Logger;
  readonly now: () => number;
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  // nginx would hold frames back until its buffer is full.
  'x-accel-buffering': 'no',
};
/** Of the history waits at most this and one frame for a client, and so much of it is in a stream's first frame. */
const HISTORY_BYTES = 256 * 1024;
const HEARTBEAT = Buffer.from(': \n\n');
/** After `close`, what a client has not read by then is not waited for. */
const LAST_BYTES_MS = 1_000;

/** A client that wants a job's frames. */
export interface JobListener {
  readonly jobId: string;
  /** The last frame that the client has, where it has any. */
  readonly after: string | undefined;
  /** The API key with which it came. */
  readonly key: string;
  readonly response: ServerResponse;
  readonly ask: Deadline;
}

interface Client {
  readonly response: ServerResponse;
  readonly jobId: string;
  readonly key: string;
  readonly resumed: boolean;
  /** What the stream begins with, until it has begun. */
  initial: Buffer | undefined;
  /** The place of the last frame that was sent. */
  last: string;
  /** The last step that it has; `undefined` while nobody knows. */
  step: number | undefined;
  /** Steps up to this one are no longer there: told with the next frame. */
  cut: number | undefined;
  /** Which following counts: a frame of an earlier one is nobody's. */
  turn: number;
  stop: (() => void) | undefined;
  /** Everything that was there has been sent. */
  live: boolean;
  paused: boolean;
  overdue: boolean;
}

/** A job, where its frames begin, and the frame that shows it: written out once, at its first use. */
interface Snapshot {
  readonly job: JobRecord;
  readonly oldest: OldestFrame | undefined;
  readonly initial: () => Buffer;
}

function snapshotOf(job: JobRecord, oldest: OldestFrame | undefined): Snapshot {
  let bytes: Buffer | undefined;
  return { job, oldest, initial: () => (bytes ??= serverSentEvent(STREAM_START, { type: 'initial', job })) };
}

/** Sends jobs' frames to clients as server-sent events. One timer serves them all. */
export class JobStreams {
  readonly #parts: JobStreamParts;
  readonly #max: number;
  readonly #maxOfJob: number;
  readonly #maxOfKey: number;
  readonly #heartbeat: number;
  readonly #slowBytes: number;
  readonly #historyBytes: number;
  readonly #mayLog: () => boolean;
  readonly #clients = new Set<Client>();
  readonly #reading = new Map<string, Promise<Snapshot | undefined>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: JobStreamParts, options: JobStreamOptions = {}) {
    this.#parts = parts;
    this.#max = options.max ?? 5_000;
    this.#maxOfJob = options.maxOfJob ?? 250;
    this.#maxOfKey = options.maxOfKey ?? this.#max;
    this.#heartbeat = options.heartbeat ?? 15_000;
    this.#slowBytes = options.slowBytes ?? 2 ** 20;
    this.#historyBytes = Math.min(this.#slowBytes, HISTORY_BYTES);
    const onMissed = (count: number) => parts.log.warn('more streams were dropped', { count });
    this.#mayLog = createSampler(20, 10_000, onMissed, parts.now);
  }

  /**
   * Answers with a job's frames: what happened before, then what happens, until the job is over.
   * @throws what the store threw, while nothing is answered yet
   */
  async serve({ jobId, after, key, response, ask }: JobListener): Promise<void> {
    if (!this.#hasRoom(jobId, key)) return sendProblem(response, TOO_MANY_STREAMS);
    const client: Client = {
      response,
      jobId,
      key,
      resumed: after !== undefined,
      initial: undefined,
      last: after ?? STREAM_START,
      step: undefined,
      cut: undefined,
      turn: 0,
      stop: undefined,
      live: false,
      paused: false,
      overdue: false,
    };
    this.#clients.add(client);
    this.#timer ??= setInterval(() => this.#tick(), this.#heartbeat).unref();
    response.once('close', () => this.#leave(client));

    const found = await ask(() => this.#read(jobId, client.resumed ? 0 : HISTORY_BYTES));
    if (!this.#clients.has(client)) return;
    if (found === undefined) return sendProblem(response, UNKNOWN_JOB_ID);
    if (!client.resumed) client.initial = found.initial();
    await this.#catchUp(client, found, ask);
  }

  #hasRoom(jobId: string, key: string): boolean {
    if (this.#closed || this.#clients.size >= this.#max) return false;
    let [ofJob, ofKey] = [0, 0];
    for (const client of this.#clients) {
      if (client.jobId === jobId) ofJob += 1;
      if (client.key === key) ofKey += 1;
    }
    return ofJob < this.#maxOfJob && ofKey < this.#maxOfKey;
  }

  /** Clients that come at once share what is read, and how it is written out: a large job takes tens of milliseconds. */
  #read(jobId: string, outputBytes: number): Promise<Snapshot | undefined> {
    const what = `${jobId} ${outputBytes}`;
    const before = this.#reading.get(what);
    if (before !== undefined) return before;
    const { feed, service } = this.#parts;
    const reading = Promise.all([feed.oldest(jobId), service.get(jobId, outputBytes)])
      .then(([oldest, job]) => (job === undefined ? undefined : snapshotOf(job, oldest)))
      .finally(() => this.#reading.delete(what));
    this.#reading.set(what, reading);
    return reading;
  }

  /** Ends every stream, and opens none from now on. Clients come back elsewhere with their `Last-Event-ID`. */
  close(): void {
    this.#closed = true;
    const responses = [...this.#clients].map((client) => {
      this.#leave(client);
      if (client.response.headersSent) client.response.end();
      else sendProblem(client.response, TOO_MANY_STREAMS);
      return client.response;
    });
    setTimeout(() => {
      for (const response of responses) if (!response.writableFinished) response.destroy();
    }, LAST_BYTES_MS).unref();
  }

  async #catchUp(client: Client, { job, oldest }: Snapshot, ask: Deadline): Promise<void> {
    if (oldest !== undefined && isBefore(client.last, oldest.place)) {
      client.step ??= 0;
      client.cut = oldest.dropped;
    }
    const turn = await this.#follow(client, ask);
    if (client.turn !== turn) return;
    if (isFinal(job.status)) return this.#endWithoutFrame(client, job, oldest !== undefined);
    this.#begin(client);
    client.live = true;
  }

  async #follow(client: Client, ask: Deadline): Promise<number> {
    const turn = ++client.turn;
    const onFrame = (frame: JobFrame) => {
      if (client.turn === turn) this.#deliver(client, frame);
    };
    const following = this.#parts.feed.follow(client.jobId, client.last, onFrame).then((stop) => {
      if (client.turn === turn) client.stop = stop;
      else stop();
    });
    try {
      await ask(() => following);
    } catch (error) {
      if (!client.response.headersSent) throw error;
      // A long history has begun to come: it may take its time.
      await following;
    }
    return turn;
  }

  #deliver(client: Client, frame: JobFrame): void {
    // Refused, or cut off, while this was on its way.
    if (client.response.writableEnded || client.response.destroyed) return;
    this.#begin(client);
    this.#countStep(client, frame);
    client.response.write(frameBytes(client.jobId, frame));
    client.last = frame.id;
    if (isLast(frame)) return this.#end(client);
    const waiting = client.response.writableLength;
    if (client.live && waiting > this.#slowBytes) this.#drop(client);
    else if (!client.live && waiting > this.#historyBytes) this.#pause(client);
  }

  /** Steps have consecutive numbers: one that is too large shows what was cut away before this client came to it. */
  #countStep(client: Client, { type, fields }: JobFrame): void {
    if (client.cut !== undefined) this.#skipTo(client, client.cut);
    client.cut = undefined;
    if (type === 'started') client.step = 0;
    if (type !== 'progress') return;
    const step = Number(fields['step']);
    this.#skipTo(client, step - 1);
    client.step = step;
  }

  #skipTo(client: Client, step: number): void {
    const { response, jobId, last } = client;
    if (client.step === undefined) return;
    // A smaller number than before is another run's, of which the client has none.
    const missing = step < client.step ? step : step - client.step;
    if (missing > 0) response.write(truncatedEvent(last, jobId, missing, step + 1));
    client.step = step;
  }

  #begin(client: Client): void {
    const { response, initial } = client;
    if (response.headersSent) return;
    response.writeHead(200, STREAM_HEADERS);
    if (initial === undefined) response.flushHeaders();
    else response.write(initial);
    client.initial = undefined;
  }

  /** A job that is over, and no frame that says so: the client has it already, or it is no longer kept. */
  #endWithoutFrame(client: Client, job: JobRecord, hasFrames: boolean): void {
    const frame = lastFrameOf(job);
    const { response, resumed, last } = client;
    const hasAll = resumed && !response.headersSent && (last === frame.id || hasFrames);
    // The one answer after which an EventSource does not come back.
    if (hasAll) response.writeHead(204, { 'cache-control': 'no-store' }).end();
    else this.#deliver(client, frame);
  }

  /** What is there already can come faster than any client reads: it goes on when the client has caught up. */
  #pause(client: Client): void {
    this.#unfollow(client);
    client.paused = true;
    client.response.once('drain', () => {
      this.#resume(client).catch(() => client.response.destroy());
    });
  }

  async #resume(client: Client): Promise<void> {
    if (!this.#clients.has(client)) return;
    client.paused = client.overdue = false;
    const ask = createDeadline();
    const found = await ask(() => this.#read(client.jobId, 0));
    if (!this.#clients.has(client)) return;
    if (found === undefined) return this.#end(client);
    await this.#catchUp(client, found, ask);
  }

  #drop({ response, jobId }: Client): void {
    if (this.#mayLog())
      this.#parts.log.warn('a stream was dropped: its client does not read', { job: jobId });
    response.destroy();
  }

  #end(client: Client): void {
    this.#unfollow(client);
    client.response.end();
  }

  #unfollow(client: Client): void {
    client.turn += 1;
    client.stop?.();
    client.stop = undefined;
  }

  #leave(client: Client): void {
    this.#unfollow(client);
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    for (const client of this.#clients) {
      const { response, overdue } = client;
      client.overdue = client.paused || response.writableEnded;
      if (client.overdue && overdue) this.#drop(client);
      else if (!client.overdue && response.headersSent && response.writableLength === 0)
        response.write(HEARTBEAT);
    }
  }
}
