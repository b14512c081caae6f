export type { EnqueueOptions, JobTarget, RunContext } from './context.ts';
export { NO_LOG, type Logger } from './logger.ts';
export { planDispatch } from './dispatch.ts';
export {
  announcementOf,
  createFleetView,
  type AnnouncedHandler,
  type AnnouncedJob,
  type AnnouncedSchedule,
  type Announcement,
  type Departed,
  type FleetView,
} from './fleet.ts';
export { equal, equalsAny } from './equal.ts';
export { nearest } from './nearest.ts';
export { LATE, within } from './within.ts';
export { milliseconds, type Duration } from './duration.ts';
export {
  explain,
  fieldOf,
  NonRetryableError,
  RetryAfterError,
  serializeError,
  type SerializedError,
} from './errors.ts';
export {
  bodyHash,
  eventIdOf,
  isKept,
  type AcceptResult,
  type DeliveryStatus,
  type EventId,
  type EventStatus,
  type EventStore,
  type StoreLanes,
  type TransferResult,
  type TransferStore,
  LARGE_BODY_BYTES,
  DELIVERY_STATUSES,
  EVENT_STATUSES,
  largeBodyTime,
  sourceOf,
  type HooklineEvent,
  type IncomingEvent,
  type Kept,
} from './event.ts';
export { explainMismatch, matches, type Filter, type Operators, type Scalar } from './filter.ts';
export { filterProblems, isFilter } from './filter-problems.ts';
export type { FilterOf } from './filter-types.ts';
export {
  defineHandler,
  type BareTypes,
  type EventOf,
  type EventPattern,
  type EventType,
  type HandlerDefinition,
  type MatchingType,
  type ProviderEvents,
  type ProviderName,
  type Selector,
  type UntrustedBodies,
} from './handler.ts';
export {
  actDone,
  compareRevisions,
  type AttemptOutcome,
  type AttemptSnapshot,
  type AuditLine,
  type DeliverySnapshot,
  type EventSnapshot,
  type LogLine,
  type OperatorAct,
  type RefusalSnapshot,
  type RefusedRequest,
  type Revision,
} from './history.ts';
export type {
  ActivityRange,
  HandlerSummary,
  SeriesPoint,
  SeriesQuery,
  SourceSummary,
  Summarized,
} from './history-activity.ts';
export {
  ISSUE_STATES,
  type Issue,
  type IssueDelivery,
  type IssueQuery,
  type IssueState,
  type IssueStateChange,
} from './history-issues.ts';
export {
  compareToPlace,
  partsOf,
  placeOf,
  type Dated,
  type HistoryPage,
  type PageOptions,
} from './history-page.ts';
export type {
  AuditQuery,
  EventCount,
  EventHistory,
  EventSummary,
  History,
  HistoryBlock,
  HistoryBody,
  HistoryStats,
  PayloadPair,
  Pruned,
  PruneLimits,
  RecordedEvent,
  RefusalQuery,
  SearchQuery,
  TimeRange,
} from './history-port.ts';
export {
  brakePolicy,
  BrakeWindow,
  DEFAULT_BRAKE,
  type BrakeOptions,
  type BrakePolicy,
  type WatchedAttempt,
} from './brake.ts';
export {
  brakedState,
  nextBrakeStep,
  releasedState,
  type BrakeFacts,
  type BrakeState,
  type BrakeStep,
} from './brake-release.ts';
export { identifyFailure, type FailureIdentity } from './fingerprint.ts';
export { defineJob, type JobDefinition } from './job.ts';
export {
  isFinal,
  jobListTime,
  OUTPUT_BYTES,
  STREAM_START,
  type JobFeed,
  type JobFrame,
  type CreateResult,
  type JobPage,
  type JobQuery,
  type JobRecord,
  type JobRunOptions,
  type JobService,
  type JobStatus,
  type JobStep,
  type JobSummary,
  type NewJob,
  type OldestFrame,
} from './job-service.ts';
export type { Source } from './source.ts';
export {
  NO_METER,
  type HistogramMetric,
  type Labels,
  type Meter,
  type Metric,
  type MetricRow,
  type Reading,
} from './meter.ts';
export { matchesType, wants, type EventKind } from './pattern.ts';
export type {
  Ack,
  FetchedKeys,
  Handshake,
  HandshakeResponse,
  Identity,
  Provider,
  ProviderItem,
  ProviderRequest,
  Sample,
  Secret,
  Verdict,
} from './provider.ts';
export {
  basePrefixOf,
  layoutOf,
  MOST_PARTITIONS,
  partitionOfEvent,
  partitionOfId,
  partitionOfSubject,
  subjectDigest,
  type Layout,
  type PartitionAddress,
} from './partitions.ts';
export type { RedisAccess, RedisLogin, RedisNode, RedisTarget, RedisTls } from './redis-target.ts';
export {
  createRegistry,
  RegistryError,
  type Handler,
  type Job,
  type Registry,
  type Schedule,
} from './registry.ts';
export {
  backoff,
  DEFAULT_HANDLER_RETRY,
  DEFAULT_RETRY,
  MAX_ATTEMPTS,
  overridePolicy,
  retryPolicy,
  type RetryOptions,
  type RetryPolicy,
} from './retry.ts';
export type { SecretStore } from './secret-store.ts';
export { cronProblem, defineSchedule, type ScheduleDefinition } from './schedule.ts';
export {
  isPoison,
  settle,
  WORKER_DEATHS_LIMIT,
  type BurialReason,
  type Outcome,
  type Settlement,
} from './settle.ts';
export { isOlder, type SubjectRule, type Version, type VersionOf } from './subject-rule.ts';
export type { SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './standard-schema.ts';
export {
  chainedIdOf,
  DEAD_LETTER_QUEUE,
  DEFAULT_QUEUE,
  deliveryIdOf,
  isName,
  jobWork,
  type AttemptRecord,
  type DeadLetter,
  type Work,
} from './work.ts';
