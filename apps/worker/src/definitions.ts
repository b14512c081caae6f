import {
  brakePolicy,
  explain,
  cronProblem,
  createRegistry,
  DEFAULT_HANDLER_RETRY,
  DEFAULT_QUEUE,
  DEFAULT_RETRY,
  isName,
  milliseconds,
  RegistryError,
  retryPolicy,
  type BrakeOptions,
  type Duration,
  type Filter,
  type Handler,
  type HooklineEvent,
  type Job,
  type Provider,
  type Registry,
  type RetryOptions,
  type RetryPolicy,
  type RunContext,
  type Schedule,
  type StandardSchema,
} from '@hookline/core';
import { describedNames, expandTypes } from '@hookline/providers';
import { nextSlot, type QueueSettings } from '@hookline/redis';
import { z } from 'zod';
import { duration, orIssue, writtenDuration } from './duration-schema.ts';
import type { FoundDefinition, FoundDefinitions } from './found.ts';
import { subjectRuleFields, subjectRuleProblem, toSubjectRule } from './subject-rule.ts';
import { timeoutProblem } from './timeout.ts';

/** What `queues.ts` (or `queues.mjs` in `APP_DIR`) exports. */
export type QueueDefinitions = Readonly<
  Record<
    string,
    {
      /** Jobs at once in each worker. */
      readonly concurrency?: number;
      /** Jobs at once over all workers. */
      readonly globalConcurrency?: number;
      /** Over all workers: at most `max` jobs begin within `duration`. */
      readonly limiter?: { readonly max: number; readonly duration: Duration };
      /** Subjects take turns: one with many jobs does not hold up the others. */
      readonly fair?: boolean;
    }
  >
>;

export interface Definitions {
  readonly registry: Registry;
  readonly queues: Readonly<Record<string, QueueSettings>>;
}

/**
 * Checks what was found and fills in the defaults.
 * @throws RegistryError that lists every wrong definition with its file and what to change
 */
export function buildDefinitions(
  found: FoundDefinitions,
  providers: ReadonlyMap<string, Provider>,
): Definitions {
  const problems = [...found.problems];
  const parts = {
    handlers: parseAll(found.handlers, handlerSchema(providers), toHandler(providers), problems),
    jobs: parseAll(found.jobs, jobSchema, toJob, problems),
    schedules: parseAll(found.schedules, scheduleSchema, toSchedule, problems),
  };
  const [queues = {}] = parseAll([found.queues], queuesSchema, toQueues, problems);
  // A job that could not be read has its own problem: its schedules are not to be blamed beside it.
  const allJobsRead = parts.jobs.length === found.jobs.length && found.problems.length === 0;
  const knownJobs = new Set(parts.jobs.map((job) => job.name));
  const schedules = parts.schedules.filter(({ job }) => allJobsRead || knownJobs.has(job));
  try {
    const registry = createRegistry({ ...parts, schedules });
    if (problems.length === 0) return { registry, queues };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    problems.push(...error.problems);
  }
  throw new RegistryError(problems);
}

const name = z
  .string()
  .refine(isName, 'use letters, digits, - and _, at most 64, beginning with a letter or digit');
const fn = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'has to be a function',
);
const timeout = duration.superRefine((value, ctx) => {
  const problem = timeoutProblem(value);
  if (problem !== undefined) ctx.addIssue(problem);
});
const delayFunction = z.custom<(event: HooklineEvent) => unknown>((value) => typeof value === 'function');
const retryOver = (defaults: RetryPolicy) =>
  z
    .strictObject({
      attempts: z.number().optional(),
      backoff: z
        .strictObject({
          type: z.enum(['fixed', 'exponential']).optional(),
          delay: writtenDuration.optional(),
          max: writtenDuration.optional(),
          jitter: z.number().optional(),
        })
        .optional(),
    })
    .optional()
    .transform((value, ctx) => orIssue(ctx, () => retryPolicy(value as RetryOptions, defaults)));
const brake = z
  .union(
    [
      z.literal(false),
      z.strictObject({
        errorRate: z.number().optional(),
        window: writtenDuration.optional(),
        failures: z.number().optional(),
        subjects: z.number().optional(),
      }),
    ],
    'use false, or an object with any of errorRate, window, failures and subjects',
  )
  .optional()
  .transform((value, ctx) => orIssue(ctx, () => brakePolicy(value as false | BrakeOptions)));
const schema = z.custom<StandardSchema>(
  (value) =>
    value != null && (typeof value === 'object' || typeof value === 'function') && '~standard' in value,
  'has to be a Standard Schema (zod, valibot, arktype, …)',
);

const runnable = {
  name,
  queue: name.optional(),
  timeout: timeout.optional(),
  schema: schema.optional(),
  run: fn,
};

const DELAY_HINT = "use milliseconds, a duration like '30s', or a function of the event that returns one";

function handlerSchema(providers: ReadonlyMap<string, Provider>) {
  // What a sender is called that the receiver's settings describe: a worker need not have those.
  const names = new Set([...providers.keys(), ...describedNames]);
  const known = [...names].toSorted().join(', ');
  return z
    .strictObject({
      ...runnable,
      retry: retryOver(DEFAULT_HANDLER_RETRY),
      brake,
      on: z.strictObject({
        provider: z.string().refine((value) => names.has(value), {
          error: ({ input }) => `'${String(input)}' is no provider that Hookline knows (known: ${known})`,
        }),
        types: z.array(z.string().min(1)).min(1, "name at least one event type, or '*'"),
        source: z.string().optional(),
        // The registry says what is wrong with it.
        where: z.custom<Filter>((value) => value !== undefined, 'is missing').optional(),
      }),
      delay: z.union([duration, delayFunction], DELAY_HINT).optional(),
      ...subjectRuleFields,
    })
    .superRefine((fields, ctx) => {
      const problem = subjectRuleProblem(fields);
      if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
    });
}
const jobSchema = z.strictObject({
  ...runnable,
  retry: retryOver(DEFAULT_RETRY),
  completion: z
    .literal('external', "use 'external', or leave it out: then the job ends with its run")
    .optional(),
});
const scheduleSchema = z
  .strictObject({
    name,
    cron: z.string(),
    timezone: z.string(),
    job: z
      .union([name, z.looseObject({ name })], "use the job's name, or the job that its file exports")
      .transform((job) => (typeof job === 'string' ? job : job.name)),
    data: z.unknown().optional(),
    missed: z.enum(['skip', 'once']).default('once'),
  })
  .superRefine(({ cron, timezone }, ctx) => {
    const problem = cronProblem(cron, timezone);
    if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
    else orIssue(ctx, () => nextSlot(cron, timezone, 0), `cron '${cron}' in time zone '${timezone}'`);
  });
const queuesSchema = z.record(
  name,
  z.strictObject({
    concurrency: z.number().int().min(1).max(10_000).optional(),
    globalConcurrency: z.number().int().min(1).max(1_000_000).optional(),
    limiter: z.strictObject({ max: z.number().int().min(1), duration }).optional(),
    fair: z.boolean().optional(),
  }),
);

function toHandler(providers: ReadonlyMap<string, Provider>) {
  return (file: string, parsed: z.output<ReturnType<typeof handlerSchema>>): Handler => {
    const { provider, types, source, where } = parsed.on;
    const run = parsed.run as (event: HooklineEvent, ctx: RunContext) => unknown;
    return {
      ...toRunnable(file, parsed),
      provider,
      types: expandTypes(providers.get(provider) ?? { bareTypesMatchSubtypes: false }, types),
      ...(source === undefined ? {} : { source }),
      ...(where === undefined ? {} : { where }),
      ...(parsed.brake === undefined ? {} : { brake: parsed.brake }),
      ...(parsed.delay === undefined ? {} : { delay: toDelay(file, parsed.delay) }),
      ...toSubjectRule(file, parsed),
      run,
    };
  };
}

function toJob(file: string, parsed: z.output<typeof jobSchema>): Job {
  return {
    ...toRunnable(file, parsed),
    ...(parsed.completion === undefined ? {} : { completion: parsed.completion }),
    run: parsed.run as (data: unknown, ctx: RunContext) => unknown,
  };
}

function toRunnable(
  file: string,
  parsed: Pick<z.output<typeof jobSchema>, 'name' | 'queue' | 'retry' | 'timeout' | 'schema'>,
) {
  return {
    file,
    name: parsed.name,
    queue: parsed.queue ?? DEFAULT_QUEUE,
    retry: parsed.retry,
    ...(parsed.timeout === undefined ? {} : { timeout: parsed.timeout }),
    ...(parsed.schema === undefined ? {} : { schema: parsed.schema }),
  };
}

function toSchedule(
  file: string,
  { name, cron, timezone, job, data, missed }: z.output<typeof scheduleSchema>,
): Schedule {
  return { file, name, cron, timezone, job, data: data ?? {}, missed };
}

function toQueues(_file: string, queues: z.output<typeof queuesSchema>): Record<string, QueueSettings> {
  return Object.fromEntries(
    Object.entries(queues).map(([queue, { concurrency, globalConcurrency, limiter, fair }]) => [
      queue,
      {
        ...(concurrency === undefined ? {} : { concurrency }),
        ...(globalConcurrency === undefined ? {} : { globalConcurrency }),
        ...(limiter === undefined ? {} : { limiter }),
        ...(fair === undefined ? {} : { fair }),
      },
    ]),
  );
}

/** A delay function is user code: what it returns is checked each time. */
function toDelay(
  file: string,
  delay: number | ((event: HooklineEvent) => unknown),
): NonNullable<Handler['delay']> {
  if (typeof delay === 'number') return delay;
  return (event) => {
    const wait = delay(event);
    try {
      return milliseconds(wait as Duration);
    } catch (error) {
      throw new TypeError(`${file}: delay(event) returned no duration: ${explain(error)}`, {
        cause: error,
      });
    }
  };
}

function parseAll<Schema extends z.ZodType, T>(
  found: readonly FoundDefinition[],
  schema: Schema,
  build: (file: string, parsed: z.output<Schema>) => T,
  problems: string[],
): T[] {
  const built: T[] = [];
  for (const { file, definition } of found) {
    const result = schema.safeParse(definition);
    if (result.success) {
      built.push(build(file, result.data));
    } else {
      for (const issue of result.error.issues)
        problems.push(
          `${file}: ${issue.path.map(String).join('.') || 'the definition'}: ${messageOfIssue(issue)}`,
        );
    }
  }
  return built;
}

/** A bad key's own message is one level down. */
function messageOfIssue(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message).join('; ') : issue.message;
}
