/** What handlers, jobs and schedules are written with. */
export {
  defineHandler,
  defineJob,
  defineSchedule,
  NonRetryableError,
  RetryAfterError,
  type BrakeOptions,
  type Duration,
  type HandlerDefinition,
  type HooklineEvent,
  type JobDefinition,
  type Logger,
  type RetryOptions,
  type RunContext,
  type ScheduleDefinition,
} from '@hookline/core';
/** For senders that the settings describe. */
export { basicAuth, hmac, secretHeader } from '@hookline/providers';
// One selector a provider: `stripe('invoice.*')`.
export * from './all-selectors.ts';
