export { connect, type Connection, type Role } from './connection.ts';
export { openDeadLetters, type DeadLetters, type Replayed } from './dead-letters.ts';
export { ACK_LEVELS, type AckLevel } from './durability.ts';
export type { ParsePayload } from './event-record.ts';
export { openEventStore, type EventStoreOptions, type RedisEventStore } from './event-store.ts';
export { findEvent, listEvents, type EventSummary } from './events.ts';
export type { JobContext, JobHandler } from './job-queue/context.ts';
export type { JobQueueEvents } from './job-queue/emitter.ts';
export { JobNotFoundError, JobStateError } from './job-queue/failure.ts';
export type { Page, QueueStats } from './job-queue/inventory.ts';
export type { JobOf, JobState, QueuedJob } from './job-queue/job.ts';
export type { AddOptions, JobQueueHooks, JobQueueOptions, JobRetryOptions } from './job-queue/options.ts';
export { JobQueue, type BulkJob, type When } from './job-queue/queue.ts';
export type { Backend } from './job-queue/store.ts';
export { createJobStore } from './job-store.ts';
export {
  openJobTransfer,
  type Imported,
  type JobTransfer,
  type MovedJob,
  type MovedQueued,
  type MovedRecord,
} from './job-transfer.ts';
export { openJobs, type Jobs, type JobsOptions } from './jobs.ts';
export { nextSlot } from './cron.ts';
export {
  listStatuses,
  publishStatus,
  type ProcessStatus,
  type PublishStatusOptions,
  type StatusDetail,
} from './process-status.ts';
export { openQueues, type OpenQueues } from './queues.ts';
export { readKeptSecrets } from './secret-store.ts';
export { evictionProblem, UnfitServerError } from './server-check.ts';
export { openSystem, type QueueDepth, type RedisMemory, type System, type SystemState } from './system.ts';
export { startWorker, type QueueSettings, type RunningWorker, type WorkerOptions } from './worker.ts';
