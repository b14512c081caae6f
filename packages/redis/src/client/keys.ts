/**
 * Where Hookline keeps its own things. A `/` follows the prefix, where BullMQ writes a `:`, so that no queue
 * name can meet one of these; the prefix's hash tag keeps all of them in one cluster slot.
 */
export interface Keys {
  readonly prefix: string;
  /** List: the secrets that a source's provider brought, the newest first. */
  keptSecrets(source: string): string;
  /** Hash: one recorded event. */
  event(id: string): string;
  /** Hash: handler → `status|attemptsMade|stalledCount` of one event. */
  deliveries(eventId: string): string;
  /** Hash: a job that is no delivery: how it was settled and, of a tracked one, everything. Also its channel. */
  job(workId: string): string;
  /** Stream: what happened to a tracked job. */
  jobStream(workId: string): string;
  /** Sorted set: tracked jobs by creation, all of them or those of a name, a status, or both. */
  jobs(name?: string, status?: string): string;
  /** Sorted set: finished tracked jobs by when they may be forgotten. */
  readonly jobsExpiring: string;
  /** Hash: what workers have told of their jobs' definitions, by name. */
  readonly jobDefinitions: string;
  /** Channel: the ids of cancelled jobs. */
  readonly jobsCancelled: string;
  /** String: what callback addresses begin with, as a receiver last said. */
  readonly publicUrl: string;
  /** String: written to be waited for. */
  readonly fence: string;
  /** List: the failed attempts of one piece of work, as JSON. */
  attempts(workId: string): string;
  /** Hash: what `ctx.once` and `ctx.enqueue` have done for one piece of work. */
  effects(workId: string): string;
  /** Sorted set: every event by arrival. */
  readonly events: string;
  /** Sorted set: finished events by when they may be forgotten. */
  readonly expiring: string;
  /** Sorted set: those of them that were shed, which are in here instead. */
  readonly shed: string;
  /** Set: the queues that exist, for the dashboard and the CLI. */
  readonly queues: string;
  /** Hash: what the sweeper has repaired, by kind, and `ranAt`. */
  readonly sweeper: string;
  /** Sorted set: the processes by when they last spoke. */
  readonly processes: string;
  /** String: what a process last told of itself, as JSON; expires. */
  process(id: string): string;
  /** String: which worker process sweeps now. */
  readonly sweeperLease: string;
  /** BullMQ's hash of a job. */
  bullJob(queue: string, jobId: string): string;
  /** BullMQ's lock on an active job: holds the token of the worker that owns it. */
  bullLock(queue: string, jobId: string): string;
}

export function createKeys(prefix: string): Keys {
  return {
    prefix,
    keptSecrets: (source) => `${prefix}/secrets/${source}`,
    event: (id) => `${prefix}/event/${id}`,
    deliveries: (eventId) => `${prefix}/deliveries/${eventId}`,
    job: (workId) => `${prefix}/job/${workId}`,
    jobStream: (workId) => `${prefix}/job/${workId}/stream`,
    jobs(name, status) {
      if (name !== undefined) return `${prefix}/jobs/name/${name}${status === undefined ? '' : `/${status}`}`;
      return status === undefined ? `${prefix}/jobs` : `${prefix}/jobs/status/${status}`;
    },
    jobsExpiring: `${prefix}/jobs/expiring`,
    jobDefinitions: `${prefix}/jobs/definitions`,
    jobsCancelled: `${prefix}/jobs/cancelled`,
    publicUrl: `${prefix}/public-url`,
    fence: `${prefix}/fence`,
    attempts: (workId) => `${prefix}/attempts/${workId}`,
    effects: (workId) => `${prefix}/effects/${workId}`,
    events: `${prefix}/events`,
    expiring: `${prefix}/events/expiring`,
    shed: `${prefix}/events/shed`,
    queues: `${prefix}/queues`,
    sweeper: `${prefix}/sweeper`,
    processes: `${prefix}/processes`,
    process: (id) => `${prefix}/processes/${id}`,
    sweeperLease: `${prefix}/sweeper/lease`,
    bullJob: (queue, jobId) => `${prefix}:${queue}:${jobId}`,
    bullLock: (queue, jobId) => `${prefix}:${queue}:${jobId}:lock`,
  };
}
