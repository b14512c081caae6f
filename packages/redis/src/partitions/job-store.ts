import {
  within,
  LATE,
  type CreateResult,
  type JobPage,
  type JobQuery,
  type JobService,
  type JobSummary,
  type NewJob,
} from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';
import { isFinishToken } from '../jobs/finish-token.ts';
import { listJobs } from '../jobs/list.ts';
import { createJobStore as createOne, type JobStoreOptions as OneOptions } from '../jobs/store.ts';
import { findJob, findKnownJobs } from './find-job.ts';

export interface JobStoreOptions extends Omit<OneOptions, 'partition' | 'gate'> {
  readonly partitions: Partitions;
  /** What stands in front of a partition where success is told to somebody outside; without it nothing does. */
  readonly gateOf?: (partition: Partition) => NonNullable<OneOptions['gate']>;
}

/** Tracked jobs of all partitions, from the side of those who ask for them. */
export function createJobStore({ partitions, gateOf, ...options }: JobStoreOptions): JobService {
  const open = (partition: Partition) =>
    createOne({ ...options, partition, ...(gateOf && { gate: gateOf(partition) }) });
  if (partitions.all.length === 1) return open(partitions.home);
  return new PartitionedJobs(partitions, new Map(partitions.all.map((each) => [each, open(each)])));
}

/** Who creates a job waits, and one partition that is silent must not take the time of the one that answers. */
const LOOK_MS = 100;

class PartitionedJobs implements JobService {
  readonly #partitions: Partitions;
  readonly #services: ReadonlyMap<Partition, JobService>;

  constructor(partitions: Partitions, services: ReadonlyMap<Partition, JobService>) {
    this.#partitions = partitions;
    this.#services = services;
  }

  /**
   * A list is put where its first job belongs, so that all of it is created or none. Only what lies elsewhere already,
   * and is not created but shown, is asked for there.
   */
  async create(jobs: readonly NewJob[], moreMs?: number): Promise<CreateResult> {
    const at = this.#partitions.ofId(jobs[0]?.id ?? '');
    const known = await this.#knownOutside(
      at,
      jobs.map(({ id }) => id),
    );
    const summaries = new Map<string, JobSummary>();
    for (const partition of [at, ...new Set(known.values())]) {
      const those = jobs.filter(({ id }) => (known.get(id) ?? at) === partition);
      if (those.length === 0) continue;
      const made = await this.#at(partition).create(those, moreMs);
      if (made.kind !== 'created') return made;
      for (const job of made.jobs) summaries.set(job.id, job);
    }
    return { kind: 'created', jobs: jobs.flatMap(({ id }) => summaries.get(id) ?? []) };
  }

  async get(id: string, outputBytes?: number): ReturnType<JobService['get']> {
    const at = await findJob(this.#partitions, id);
    return at && this.#at(at).get(id, outputBytes);
  }

  async list(query: JobQuery): Promise<JobPage> {
    const created = query.after === undefined ? '' : await this.#createdAt(query.after);
    if (created === undefined) return { kind: 'unknown-cursor' };
    const asked = await Promise.allSettled(
      this.#partitions.all.map((partition) => listJobs(partition, query, created)),
    );
    const pages = asked.flatMap((page) =>
      page.status === 'fulfilled' && page.value.kind === 'page' ? [page.value] : [],
    );
    const failure = asked.find((page) => page.status === 'rejected');
    if (pages.length === 0 && failure !== undefined) throw failure.reason;
    return { ...merged(pages, query.count), ...(failure && { isPartial: true }) };
  }

  async cancel(id: string, by?: string): ReturnType<JobService['cancel']> {
    return (await this.#holder(id)).cancel(id, by);
  }

  async retry(id: string, by?: string): ReturnType<JobService['retry']> {
    return (await this.#holder(id)).retry(id, by);
  }

  async finish(id: string, result: unknown, token?: string): ReturnType<JobService['finish']> {
    return (await this.#holder(id)).finish(id, result, token);
  }

  async mayFinish(id: string, token: string): Promise<boolean> {
    return isFinishToken(token) && (await this.#holder(id)).mayFinish(id, token);
  }

  #at(partition: Partition | undefined): JobService {
    const service = partition && this.#services.get(partition);
    if (service === undefined) throw new Error('there is no such partition');
    return service;
  }

  /** Of a job that is nowhere, home says so: it has the audit of those who tried. */
  async #holder(id: string): Promise<JobService> {
    return this.#at((await findJob(this.#partitions, id)) ?? this.#partitions.home);
  }

  async #knownOutside(at: Partition, ids: readonly string[]): Promise<ReadonlyMap<string, Partition>> {
    const others = this.#partitions.all.filter((partition) => partition !== at);
    const found = await within(LOOK_MS, findKnownJobs(others, ids));
    return found === LATE ? new Map() : found;
  }

  async #createdAt(id: string): Promise<string | undefined> {
    const at = await findJob(this.#partitions, id);
    return (await at?.connection.hget(at.keys.job(id), 'created')) ?? undefined;
  }
}

/** Pages of several partitions as one. Behind the end of a page that has more nobody knows what would come. */
function merged(
  pages: readonly Extract<JobPage, { kind: 'page' }>[],
  count: number,
): Extract<JobPage, { kind: 'page' }> {
  const all = pages.flatMap(({ jobs }) => jobs).toSorted(newestFirst);
  const ends = pages.flatMap(({ jobs, next }) => (next === undefined ? [] : jobs.slice(-1)));
  const [end] = ends.toSorted(newestFirst);
  const until = end === undefined ? all.length : all.indexOf(end) + 1;
  const jobs = all.slice(0, Math.min(until, count));
  const last = jobs.at(-1);
  const isMore = ends.length > 0 || all.length > jobs.length;
  return { kind: 'page', jobs, ...(isMore && last !== undefined ? { next: last.id } : {}) };
}

/** As the lists are in Redis: of the same time, by id. */
function newestFirst(one: JobSummary, other: JobSummary): number {
  return other.created - one.created || (one.id < other.id ? 1 : -1);
}
