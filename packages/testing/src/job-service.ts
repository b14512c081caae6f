import {
  isFinal,
  OUTPUT_BYTES,
  type JobFeed,
  type JobFrame,
  type JobRecord,
  type JobService,
  type JobStatus,
  type JobStep,
  type NewJob,
  type OldestFrame,
} from '@hookline/core';

interface Kept extends NewJob {
  status: JobStatus;
  readonly created: number;
  updated: number;
  startedAt: number;
  readonly token: string;
  output: JobStep[];
  steps: number;
  frames: JobFrame[];
  end: { readonly result?: unknown; readonly error?: { readonly name: string; readonly message: string } };
}

interface Follower {
  readonly id: string;
  place: string;
  readonly onFrame: (frame: JobFrame) => void;
}

/** Jobs in memory that keep the promises of `JobService` and `JobFeed`, with a worker that a test plays. */
export class MemoryJobs implements JobService, JobFeed {
  /** `down` rejects; `hung` answers when it is `up` again; `full` creates nothing. */
  #state: 'up' | 'down' | 'hung' | 'full' = 'up';
  #waiting: (() => void)[] = [];
  readonly kept = new Map<string, Kept>();
  readonly followers = new Set<Follower>();
  readonly calls: string[] = [];
  readonly known: readonly string[] = ['default', 'render', 'ship'];
  readonly external: readonly string[] = ['ship'];
  now: number;
  #sequence = 0;

  constructor(now: number) {
    this.now = now;
  }

  set state(state: 'up' | 'down' | 'hung' | 'full') {
    this.#state = state;
    if (state === 'up') for (const go of this.#waiting.splice(0)) go();
  }

  async #called(name: string): Promise<void> {
    this.calls.push(name);
    await new Promise(setImmediate);
    if (this.#state === 'down') throw new Error('the store is down');
    if (this.#state === 'hung') await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async create(jobs: readonly NewJob[]) {
    await this.#called('create');
    if (this.#state === 'full') return { kind: 'full', reason: 'nearly full' } as const;
    const names = jobs.map(({ name }) => name).filter((name) => !this.known.includes(name));
    if (names.length > 0) return { kind: 'unknown-name', names, known: this.known } as const;
    for (const job of jobs) {
      const [created, updated] = [this.now, this.now];
      const token = `token-of-${job.id}`;
      const kept = { ...job, status: 'pending' as const, created, updated, startedAt: 0, token };
      const run = { output: [], steps: 0, frames: [], end: {} };
      if (!this.kept.has(job.id)) this.kept.set(job.id, { ...kept, ...run });
    }
    return { kind: 'created', jobs: jobs.map(({ id }) => this.#summary(this.#job(id))) } as const;
  }

  async get(id: string, outputBytes = OUTPUT_BYTES): Promise<JobRecord | undefined> {
    await this.#called('get');
    const job = this.kept.get(id);
    if (job === undefined) return undefined;
    let left = outputBytes;
    const from = job.output.findLastIndex((step) => (left -= JSON.stringify(step).length) < 0) + 1;
    const output = job.output.slice(from);
    const truncated = job.steps > 0 && output[0]?.step !== 1;
    return { ...this.#summary(job), output, ...(truncated ? { outputTruncated: true } : {}) };
  }

  async list({ status, name, after, count }: Parameters<JobService['list']>[0]) {
    await this.#called('list');
    const all = [...this.kept.values()].toReversed();
    const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && from === 0) return { kind: 'unknown-cursor' } as const;
    const fitting = all
      .slice(from)
      .filter((job) => (status ?? job.status) === job.status && (name ?? job.name) === job.name);
    const jobs = fitting.slice(0, count).map((job) => this.#summary(job));
    const next = fitting.length > count ? jobs.at(-1)?.id : undefined;
    return { kind: 'page', jobs, ...(next === undefined ? {} : { next }) } as const;
  }

  async cancel(id: string) {
    await this.#called('cancel');
    const job = this.kept.get(id);
    if (job === undefined) return { kind: 'unknown' } as const;
    if (isFinal(job.status)) return { kind: 'over', status: job.status } as const;
    this.fail(id, { name: 'CancelledError', message: 'cancelled by its owner' });
    return { kind: 'cancelled', job: this.#summary(job) } as const;
  }

  async retry(id: string) {
    await this.#called('retry');
    const job = this.kept.get(id);
    if (job === undefined) return { kind: 'unknown' } as const;
    if (job.status !== 'failed') return { kind: 'not-failed', status: job.status } as const;
    Object.assign(job, { status: 'pending', updated: this.now, end: {}, frames: [], output: [], steps: 0 });
    return { kind: 'queued', job: this.#summary(job) } as const;
  }

  async finish(id: string, result: unknown) {
    await this.#called('finish');
    const job = this.kept.get(id);
    if (job === undefined) return { kind: 'unknown' } as const;
    if (job.status !== 'processing') return { kind: 'wrong-status', status: job.status } as const;
    if (!this.external.includes(job.name)) return { kind: 'finishes-itself' } as const;
    this.complete(id, result ?? null);
    return { kind: 'finished', job: this.#summary(job) } as const;
  }

  async mayFinish(id: string, token: string) {
    await this.#called('mayFinish');
    return this.kept.get(id)?.token === token;
  }

  async follow(id: string, after: string, onFrame: (frame: JobFrame) => void) {
    const follower: Follower = { id, place: after, onFrame };
    await this.#called('follow');
    this.followers.add(follower);
    for (const frame of this.kept.get(id)?.frames ?? []) give(follower, frame);
    return () => void this.followers.delete(follower);
  }

  async oldest(id: string): Promise<OldestFrame | undefined> {
    await this.#called('oldest');
    const job = this.kept.get(id);
    const [first] = job?.frames ?? [];
    if (job === undefined || first === undefined) return undefined;
    const step = job.frames.find(({ type }) => type === 'progress')?.fields['step'];
    return { place: first.id, dropped: step === undefined ? job.steps : Number(step) - 1 };
  }

  /** Takes the oldest frames away, as a store does whose streams have a limit. */
  cut(id: string, count: number): void {
    const job = this.#job(id);
    const steps = job.frames.splice(0, count).filter(({ type }) => type === 'progress').length;
    job.output = job.output.slice(steps);
  }

  start(id: string): void {
    const job = this.#job(id);
    Object.assign(job, { status: 'processing', updated: this.now, startedAt: this.now });
    this.#emit(job, 'started', { timestamp: String(this.now), message: 'Job processing started' });
  }

  progress(id: string, data: unknown): void {
    const job = this.#job(id);
    const processingTime = this.now - job.startedAt;
    const step = { step: (job.steps += 1), timestamp: this.now, processingTime, data };
    job.output.push(step);
    const numbers = { step: String(step.step), timestamp: String(this.now) };
    this.#emit(job, 'progress', {
      ...numbers,
      processingTime: String(processingTime),
      data: JSON.stringify(data),
    });
  }

  retrying(id: string): void {
    this.#emit(this.#job(id), 'retrying', { timestamp: String(this.now), attempt: '1', delay: '2000' });
  }

  complete(id: string, result?: unknown): void {
    const job = this.#job(id);
    Object.assign(job, {
      status: 'succeeded',
      updated: this.now,
      end: result === undefined ? {} : { result },
    });
    this.#end(job, 'completed', result === undefined ? {} : { result: JSON.stringify(result) });
  }

  fail(id: string, error = { name: 'Error', message: 'no ink' }): void {
    const job = this.#job(id);
    Object.assign(job, { status: 'failed', updated: this.now, end: { error } });
    this.#end(job, 'failed', { error: JSON.stringify(error) });
  }

  #end(job: Kept, type: 'completed' | 'failed', more: Record<string, string>): void {
    const processingTime = String(this.now - job.startedAt);
    const message = `Job processing ${type}`;
    this.#emit(job, type, { timestamp: String(this.now), processingTime, message, ...more });
  }

  #emit(job: Kept, type: JobFrame['type'], fields: Record<string, string>): void {
    const frame = { id: `${this.now}-${this.#sequence++}`, type, fields };
    job.frames.push(frame);
    for (const follower of this.followers) if (follower.id === job.id) give(follower, frame);
  }

  #job(id: string): Kept {
    const job = this.kept.get(id);
    if (job === undefined) throw new Error(`there is no job ${id}`);
    return job;
  }

  #summary({ id, name, status, created, updated, data, priority, delay, metadata, end }: Kept) {
    return {
      id,
      name,
      status,
      created,
      updated,
      data,
      priority,
      ...(delay === undefined ? {} : { runAt: created + delay }),
      ...(metadata === undefined ? {} : { metadata }),
      ...end,
    };
  }
}

function give(follower: Follower, frame: JobFrame): void {
  if (!isBehind(frame.id, follower.place)) return;
  follower.place = frame.id;
  follower.onFrame(frame);
}

function isBehind(place: string, other: string): boolean {
  const [[ms = 0n, sequence = 0n], [otherMs = 0n, otherSequence = 0n]] = [place, other].map((id) =>
    id.split('-').map(BigInt),
  ) as [bigint[], bigint[]];
  return ms > otherMs || (ms === otherMs && sequence > otherSequence);
}
