export { createPartition } from './bullmq/add-job.ts';
export { jobIdProblem } from './bullmq/job-id.ts';
export { createPartitions, openPartitions, type OpenPartitions } from './bullmq/open-partitions.ts';
export type { Partition } from './client/partition.ts';
export type { Partitions } from './client/partitions.ts';
export { every, type Loop } from './client/every.ts';
export { connect, type Connection, type Role } from './client/connection.ts';
export type { DeadLetters, Replayed } from './operators/dead-letters.ts';
export { PartitionAwayError } from './partitions/ask.ts';
export { openDeadLetters } from './partitions/dead-letters.ts';
export { ACK_LEVELS, type AckLevel } from './gate/ack-level.ts';
export type { ParsePayload } from './events/record.ts';
export {
  copiesOfKnown,
  findEvent,
  isKnown,
  isRecorded,
  lagOf,
  listEvents,
  outlookOf,
  queueAgain,
  readContent,
  restoreEvent,
} from './partitions/events.ts';
export type { ChangeBlock, Changes, ReadEvent } from './events/changes.ts';
export type { Recording } from './events/recording.ts';
export { openRecordings } from './partitions/recording.ts';
export type { Notes, NotesPage } from './events/notes.ts';
export { noteAct, unrecordedAudit, unrecordedRefusals } from './partitions/notes.ts';
export type { RedisEventStore } from './events/store.ts';
export { openEventStore, type EventStoreOptions } from './partitions/event-store.ts';
export { deliveriesShown, type EventSummary, type ListOptions } from './events/list.ts';
export type { JobContext, JobHandler } from './job-queue/context.ts';
export type { JobQueueEvents } from './job-queue/emitter.ts';
export { JobNotFoundError, JobStateError } from './job-queue/failure.ts';
export type { Page, QueueStats } from './job-queue/inventory.ts';
export type { JobOf, JobState, QueuedJob } from './job-queue/job.ts';
export type { AddOptions, JobQueueHooks, JobQueueOptions, JobRetryOptions } from './job-queue/options.ts';
export { JobQueue, type BulkJob, type When } from './job-queue/queue.ts';
export type { Backend } from './job-queue/store.ts';
export { createJobStore } from './partitions/job-store.ts';
export type { JobTransfer } from './jobs/transfer/transfer.ts';
export { openJobTransfer } from './partitions/transfer.ts';
export type { Imported, MovedJob, MovedQueued, MovedRecord } from './jobs/transfer/moved-job.ts';
export { openJobs, type Jobs, type JobsOptions } from './partitions/open-jobs.ts';
export { nextSlot } from './bullmq/cron.ts';
export {
  publishStatus,
  type ProcessStatus,
  type PublishedStatus,
  type PublishStatusOptions,
  type StatusDetail,
} from './fleet/heartbeat.ts';
export { listStatuses, openFleet, readLearnedSecrets } from './partitions/processes.ts';
export { SecretAges } from './operators/secret-ages.ts';
export type { Copies } from './events/copies.ts';
export type { HandlerPause } from './operators/handlers.ts';
export type { HandlerBrake } from './run/brake/brakes.ts';
export { brakedHandlers, pausedHandlers, pauseHandler, resumeHandler } from './partitions/handlers.ts';
export type { Outlook } from './operators/outlook.ts';
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
  replayStateOf,
  replaysUnderWay,
  turnReplay,
} from './partitions/replays.ts';
export type { Replay, ReplaySpec, ReplayState } from './operators/replays/replays.ts';
export type { Queued, ReplayedOutcome } from './operators/replays/replayed.ts';
export type { AlertBook, AlertMessage, AlertRecord, AlertTurn } from './operators/alerts/alerts.ts';
export {
  deliverNext,
  dropMessage,
  giveAlertsBack,
  leadAlerts,
  readAlerts,
  turnAlerts,
} from './partitions/alerts.ts';
export type { QueueDepths } from './operators/alerts/depths.ts';
export { noteDepths, oldestWaiting, readDepths, waitingIn } from './partitions/depths.ts';
export { shownAddress } from './client/shown-address.ts';
export { openQueues, type OpenQueues, type QueueGroup } from './partitions/queues.ts';
export { METRICS } from './client/metric-rows.ts';
export { changePartitions, type ChangeOptions, type Changed } from './partitions/move/change.ts';
export { readLayout, type LayoutOverview, type PartitionOverview } from './partitions/move/overview.ts';
export { LayoutError, requireLayout } from './client/kept-layout.ts';
export { readyOrRefused, RefusedError, refusalOf } from './client/refusal.ts';
export {
  evictionProblemOf,
  readServer,
  serverProblem,
  UnfitServerError,
  versionProblemOf,
  type ServerFacts,
} from './client/server-facts.ts';
export type { ScheduleRun, ScheduleSummary } from './operators/schedules.ts';
export { listSchedules, pauseSchedule, resumeSchedule, runSchedule } from './partitions/schedules.ts';
export type { QueueDepth, RedisMemory } from './operators/counts.ts';
export type { RedisNode } from './partitions/nodes.ts';
export { openSystem } from './partitions/system.ts';
export type { System, SystemState } from './partitions/system-state.ts';
export type { QueueSettings, WorkerOptions } from './worker/options.ts';
export { startWorker, type RunningWorker } from './worker/worker.ts';
