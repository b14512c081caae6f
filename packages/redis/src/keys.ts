/**
 * Where Hookline keeps its own things. A `/` follows the prefix, where BullMQ writes a `:`, so that no queue
 * name can meet one of these; the prefix's hash tag keeps all of them in one cluster slot.
 */
export interface Keys {
  readonly prefix: string;
  /** Hash: one recorded event. */
  event(id: string): string;
  /** Hash: handler → `status|attemptsMade|stalledCount` of one event. */
  deliveries(eventId: string): string;
  /** Hash: field `state` of a job that is no delivery. */
  job(workId: string): string;
  /** List: the failed attempts of one piece of work, as JSON. */
  attempts(workId: string): string;
  /** Hash: what `ctx.once` and `ctx.enqueue` have done for one piece of work. */
  effects(workId: string): string;
  /** Sorted set: every event by arrival. */
  readonly events: string;
  /** Sorted set: finished events by when they may be forgotten. */
  readonly expiring: string;
  /** Set: the queues that exist, for the dashboard and the CLI. */
  readonly queues: string;
  /** BullMQ's hash of a job. */
  bullJob(queue: string, jobId: string): string;
  /** BullMQ's lock on an active job: holds the token of the worker that owns it. */
  bullLock(queue: string, jobId: string): string;
}

export function createKeys(prefix: string): Keys {
  return {
    prefix,
    event: (id) => `${prefix}/event/${id}`,
    deliveries: (eventId) => `${prefix}/deliveries/${eventId}`,
    job: (workId) => `${prefix}/job/${workId}`,
    attempts: (workId) => `${prefix}/attempts/${workId}`,
    effects: (workId) => `${prefix}/effects/${workId}`,
    events: `${prefix}/events`,
    expiring: `${prefix}/events/expiring`,
    queues: `${prefix}/queues`,
    bullJob: (queue, jobId) => `${prefix}:${queue}:${jobId}`,
    bullLock: (queue, jobId) => `${prefix}:${queue}:${jobId}:lock`,
  };
}
