import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { partitionOfId } from '@hookline/core';
import type { QueueGroup } from '@hookline/redis';
import { partitionsText } from '../kit/partitions.ts';
import { mergePage } from './merge.ts';

type Options = ConstructorParameters<typeof BullMQAdapter>[1];
type Job = Awaited<ReturnType<BullMQAdapter['addJob']>>;
type Status = Parameters<BullMQAdapter['getJobs']>[0][number];

/**
 * A queue as Bull Board knows it, over all partitions that have a part of it: what is counted is summed up, what is listed
 * is merged, what is done to a queue is done in all. Schedules are in the first. What a partition that is away holds is
 * missing, and the queue's description says so.
 */
export class JointQueue extends BullMQAdapter {
  readonly #parts: readonly BullMQAdapter[];
  #away: readonly number[] = [];

  constructor({ all }: QueueGroup, options?: Options) {
    const [home] = all;
    super(home, options);
    this.#parts = all.map((queue) => new BullMQAdapter(queue));
  }

  /** Whether there is more than one partition. */
  get isJoint(): boolean {
    return this.#parts.length > 1;
  }

  override getDescription(): string {
    const description = super.getDescription();
    if (this.#away.length === 0) return description;
    const away = `Without what lies in ${partitionsText(this.#away)}, which cannot be reached now.`;
    return `${away} ${description}`.trim();
  }

  override async getJobCounts() {
    const answers = await this.#ask((part) => part.getJobCounts());
    this.#away = answers.away;
    const [first, ...others] = answers.said;
    const sum = { ...first };
    for (const [status, count] of others.flatMap((counts) => Object.entries(counts)))
      sum[status as keyof typeof sum] = (sum[status as keyof typeof sum] ?? 0) + count;
    return sum as NonNullable<typeof first>;
  }

  /** @throws what kept a partition from answering, where none of the others has the job */
  override async getJob(id: string): Promise<Job | undefined> {
    const answers = await Promise.allSettled(this.#parts.map((part) => part.getJob(id)));
    for (const answer of answers)
      if (answer.status === 'fulfilled' && answer.value !== undefined) return answer.value;
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    return undefined;
  }

  /** Of several statuses each has a page of its own, one behind the other, as in a queue of one partition. */
  override async getJobs(statuses: Status[], start = 0, end = -1): Promise<Job[]> {
    const [only] = this.#parts;
    if (!this.isJoint && only !== undefined) return only.getJobs(statuses, start, end);
    const pages = statuses.map((status) => this.#page(status, start, end < 0 ? LAST : end));
    return (await Promise.all(pages)).flat();
  }

  async #page(status: Status, start: number, end: number): Promise<Job[]> {
    const there = this.#parts.map((part) => (from: number, until: number) => {
      const jobs = part.getJobs([status], from, until);
      // That it is away is said with the counts.
      return this.isJoint ? jobs.catch(() => []) : jobs;
    });
    return mergePage(there, (job) => rankOf(status, job), start, end);
  }

  override async getJobLogs(id: string): Promise<string[]> {
    return (await this.#ask((part) => part.getJobLogs(id))).said.flat();
  }

  override async getWorkers() {
    const { said } = await this.#ask((part) => part.getWorkers());
    const known = said.filter((workers) => workers !== null);
    return known.length === 0 ? null : known.flat();
  }

  override async isPaused(): Promise<boolean> {
    return (await this.#ask((part) => part.isPaused())).said.every(Boolean);
  }

  /** Where the partition of its id is, unless a handler put one of that id beside its event. */
  override async addJob(...[name, data, options]: Parameters<BullMQAdapter['addJob']>): Promise<Job> {
    const [home] = this.#parts;
    const { jobId: id } = options as { readonly jobId?: string };
    // An id that BullMQ gives counts the jobs of one partition.
    if (id === undefined || id === '' || !this.isJoint) return super.addJob(name, data, options);
    const known = await this.getJob(id);
    if (known !== undefined) return known;
    const part = this.#parts[partitionOfId(id, this.#parts.length)] ?? home;
    return (part ?? this).addJob(name, data, options);
  }

  override clean(...asked: Parameters<BullMQAdapter['clean']>): Promise<void> {
    return this.#doInAll((part) => part.clean(...asked));
  }

  override pause(): Promise<void> {
    return this.#doInAll((part) => part.pause());
  }

  override resume(): Promise<void> {
    return this.#doInAll((part) => part.resume());
  }

  override empty(): Promise<void> {
    return this.#doInAll((part) => part.empty());
  }

  override obliterate(...asked: Parameters<BullMQAdapter['obliterate']>): Promise<void> {
    return this.#doInAll((part) => part.obliterate(...asked));
  }

  override promoteAll(): Promise<void> {
    return this.#doInAll((part) => part.promoteAll());
  }

  /** BullMQ would keep it in each partition by itself. */
  override get supportsGlobalRateLimit(): boolean {
    return !this.isJoint && super.supportsGlobalRateLimit;
  }

  /** What those say that answer. @throws what kept the first from answering, where none does */
  async #ask<Answer>(question: (part: BullMQAdapter) => Promise<Answer>) {
    const answers = await Promise.allSettled(this.#parts.map(question));
    const said = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const away = answers.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
    for (const answer of answers) if (answer.status === 'rejected' && said.length === 0) throw answer.reason;
    return { said, away };
  }

  /** Where one is away, it is done in the others; to do it again does the rest. @throws what kept it from being done in all */
  async #doInAll(act: (part: BullMQAdapter) => Promise<void>): Promise<void> {
    const done = await Promise.allSettled(this.#parts.map(act));
    for (const each of done) if (each.status === 'rejected') throw each.reason;
  }
}

const LAST = Number.MAX_SAFE_INTEGER - 1;

/** As BullMQ's own lists are sorted: the newest first, of those that wait for their time the latest. */
function rankOf(status: Status, { timestamp, delay, priority, processedOn, finishedOn }: Job): number {
  switch (status) {
    case 'completed':
    case 'failed':
      return finishedOn ?? timestamp;
    case 'active':
      return processedOn ?? timestamp;
    case 'delayed':
      return timestamp + (delay ?? 0);
    case 'prioritized':
      return priority ?? 0;
    default:
      return timestamp;
  }
}
