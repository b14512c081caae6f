export { createPartition } from './bullmq/add-job.ts';
export { jobIdProblem } from './bullmq/job-id.ts';
export type { Partition } from './client/partition.ts';
export { every, type Loop } from './client/every.ts';
export { connect, type Connection, type Role } from './client/connection.ts';
export { openDeadLetters, type DeadLetters, type Replayed } from './operators/dead-letters.ts';
export { ACK_LEVELS, type AckLevel } from './gate/ack-level.ts';
export type { ParsePayload } from './events/record.ts';
export { queueAgain } from './events/queue-again.ts';
export { lagOf, type ChangeBlock, type Changes, type ReadEvent } from './events/changes.ts';
export { isRecorded } from './events/history-mode.ts';
export { openRecording, type Recording } from './events/recording.ts';
export { noteAct, unrecordedAudit, unrecordedRefusals, type Notes, type NotesPage } from './events/notes.ts';
export { openEventStore, type EventStoreOptions, type RedisEventStore } from './events/store.ts';
export {
  deliveriesShown,
  findEvent,
  listEvents,
  readContent,
  type EventSummary,
  type ListOptions,
} from './events/list.ts';
export { restoreEvent } from './events/restore.ts';
export type { JobContext, JobHandler } from './job-queue/context.ts';
export type { JobQueueEvents } from './job-queue/emitter.ts';
export { JobNotFoundError, JobStateError } from './job-queue/failure.ts';
export type { Page, QueueStats } from './job-queue/inventory.ts';
export type { JobOf, JobState, QueuedJob } from './job-queue/job.ts';
export type { AddOptions, JobQueueHooks, JobQueueOptions, JobRetryOptions } from './job-queue/options.ts';
export { JobQueue, type BulkJob, type When } from './job-queue/queue.ts';
export type { Backend } from './job-queue/store.ts';
export { createJobStore } from './jobs/store.ts';
export { openJobTransfer, type JobTransfer } from './jobs/transfer/transfer.ts';
export type { Imported, MovedJob, MovedQueued, MovedRecord } from './jobs/transfer/moved-job.ts';
export { openJobs, type Jobs, type JobsOptions } from './jobs/open.ts';
export { nextSlot } from './bullmq/cron.ts';
export {
  listStatuses,
  publishStatus,
  type ProcessStatus,
  type PublishedStatus,
  type PublishStatusOptions,
  type StatusDetail,
} from './fleet/heartbeat.ts';
export { openFleet } from './fleet/fleet.ts';
export { SecretAges } from './operators/secret-ages.ts';
export { copiesOfKnown, type Copies } from './events/copies.ts';
export { pausedHandlers, pauseHandler, resumeHandler, type HandlerPause } from './operators/handlers.ts';
export { brakedHandlers, type HandlerBrake } from './run/brake/brakes.ts';
export { outlookOf, type Outlook } from './operators/outlook.ts';
export {
  advanceReplay,
  beginReplay,
  concludeReplayed,
  endReplay,
  findReplay,
  isDispatching,
  leadReplays,
  listReplays,
  openRunsOf,
  replayDelivery,
  replayEvent,
  replayEvents,
  replaysUnderWay,
  turnReplay,
  type Queued,
  type Replay,
  type ReplayedOutcome,
  type ReplaySpec,
  type ReplayState,
} from './operators/replays/replays.ts';
export {
  deliverNext,
  dropMessage,
  giveAlertsBack,
  leadAlerts,
  readAlerts,
  turnAlerts,
  type AlertBook,
  type AlertMessage,
  type AlertRecord,
  type AlertTurn,
} from './operators/alerts/alerts.ts';
export {
  noteDepths,
  oldestWaiting,
  readDepths,
  waitingIn,
  type QueueDepths,
} from './operators/alerts/depths.ts';
export { openQueues, type OpenQueues } from './operators/queues.ts';
export { METRICS } from './client/metric-rows.ts';
export { readLearnedSecrets } from './events/secrets.ts';
export { readyOrRefused, RefusedError, refusalOf } from './client/refusal.ts';
export {
  evictionProblemOf,
  readServer,
  serverProblem,
  UnfitServerError,
  versionProblemOf,
  type ServerFacts,
} from './client/server-facts.ts';
export {
  listSchedules,
  pauseSchedule,
  resumeSchedule,
  runSchedule,
  type ScheduleRun,
  type ScheduleSummary,
} from './operators/schedules.ts';
export {
  openSystem,
  type QueueDepth,
  type RedisMemory,
  type System,
  type SystemState,
} from './operators/system.ts';
export type { QueueSettings, WorkerOptions } from './worker/options.ts';
export { startWorker, type RunningWorker } from './worker/worker.ts';
