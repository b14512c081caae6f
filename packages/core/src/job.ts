import type { RunContext } from './context.ts';
import type { Duration } from './duration.ts';
import type { RetryOptions } from './retry.ts';
import type { SchemaOutput, StandardSchema } from './standard-schema.ts';

/** A unit of work that you queue yourself, from a handler, another job or a schedule. */
export interface JobDefinition<Data = unknown, Result = unknown> {
  /** Stable identity: queued work outlives a file's name. */
  readonly name: string;
  /** Any Standard Schema; validates `data` in the worker before `run`. */
  readonly schema?: StandardSchema<unknown, Data>;
  readonly queue?: string;
  readonly retry?: RetryOptions;
  readonly timeout?: Duration;
  /**
   * `external`: `run` only sends the work out. The job then waits, without holding a worker, until somebody calls its
   * `ctx.finishUrl`, and fails when `timeout` is over first.
   */
  readonly completion?: 'external';
  run(data: Data, ctx: RunContext): Result | Promise<Result>;
}

/** Adds types to a job; `data` is typed by `schema` where there is one, by `run`'s parameter otherwise. */
export function defineJob<const Schema extends StandardSchema, Result>(
  definition: Omit<JobDefinition<SchemaOutput<Schema>, Result>, 'schema'> & { readonly schema: Schema },
): JobDefinition<SchemaOutput<Schema>, Result>;
export function defineJob<Data, Result>(definition: JobDefinition<Data, Result>): JobDefinition<Data, Result>;
export function defineJob(definition: unknown): unknown {
  return definition;
}
