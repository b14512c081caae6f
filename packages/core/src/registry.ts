import type { BrakePolicy } from './brake.ts';
import type { RunContext } from './context.ts';
import type { HooklineEvent } from './event.ts';
import type { Filter } from './filter.ts';
import { filterProblems } from './filter-problems.ts';
import { wants } from './pattern.ts';
import type { RetryPolicy } from './retry.ts';
import type { StandardSchema } from './standard-schema.ts';
import type { SubjectRule, VersionOf } from './subject-rule.ts';
import { DEAD_LETTER_QUEUE, DEFAULT_QUEUE } from './work.ts';

/** What a handler or job comes to once every default is filled in; times in milliseconds. */
interface Runnable {
  readonly name: string;
  /** The file that defines it, for messages. */
  readonly file: string;
  readonly queue: string;
  readonly retry: RetryPolicy;
  readonly timeout?: number;
  readonly schema?: StandardSchema;
}

export interface Handler extends Runnable {
  readonly provider: string;
  readonly types: readonly string[];
  readonly source?: string;
  readonly where?: Filter;
  /** When its work is held because what it depends on is down; nothing where it never is. */
  readonly brake?: BrakePolicy | undefined;
  /** Milliseconds after the event's arrival. */
  readonly delay?: number | ((event: HooklineEvent) => number);
  readonly subjectRule?: SubjectRule;
  /** With the rule `latest`. */
  readonly versionOf?: VersionOf;
  run(event: HooklineEvent, ctx: RunContext): unknown;
}

export interface Job extends Runnable {
  readonly completion?: 'external';
  run(data: unknown, ctx: RunContext): unknown;
}

export interface Schedule {
  readonly name: string;
  readonly file: string;
  readonly cron: string;
  readonly timezone: string;
  readonly job: string;
  readonly data: unknown;
  readonly missed: 'skip' | 'once';
}

/** Everything a worker can run. */
export interface Registry {
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** The queues this worker works on. */
  readonly queues: ReadonlySet<string>;
  handlersFor(event: Pick<HooklineEvent, 'provider' | 'source' | 'type'>): readonly Handler[];
}

/** Definitions that cannot all be run; `problems` names each one's file and what to change. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `${problems.length === 1 ? 'A definition is' : `${problems.length} definitions are`} wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/**
 * Puts definitions together.
 * @throws RegistryError when two share a name, a schedule names no job, a queue name is taken, or a filter is wrong
 */
export function createRegistry(parts: {
  readonly handlers: readonly Handler[];
  readonly jobs: readonly Job[];
  readonly schedules: readonly Schedule[];
}): Registry {
  const problems: string[] = [];
  const handlers = byName('handler', parts.handlers, problems);
  const jobs = byName('job', parts.jobs, problems);
  const schedules = byName('schedule', parts.schedules, problems);
  for (const schedule of schedules.values()) {
    if (jobs.has(schedule.job)) continue;
    const known = [...jobs.keys()].join(', ') || 'none';
    problems.push(
      `${schedule.file}: schedule '${schedule.name}' runs the job '${schedule.job}', which is not defined (known jobs: ${known})`,
    );
  }
  for (const { file, name, where } of handlers.values())
    if (where !== undefined)
      for (const problem of filterProblems(where))
        problems.push(`${file}: handler '${name}': on.where: ${problem}`);
  const runnables: readonly Runnable[] = [...handlers.values(), ...jobs.values()];
  for (const { file, name, queue } of runnables) {
    if (queue === DEAD_LETTER_QUEUE)
      problems.push(
        `${file}: '${name}' uses the queue '${DEAD_LETTER_QUEUE}', which holds dead letters; choose another name`,
      );
  }
  if (problems.length > 0) throw new RegistryError(problems);

  const queues = new Set([DEFAULT_QUEUE, ...runnables.map((runnable) => runnable.queue)]);
  return {
    handlers,
    jobs,
    schedules,
    queues,
    handlersFor: (event) => [...handlers.values()].filter((handler) => wants(handler, event)),
  };
}

function byName<T extends { name: string; file: string }>(
  kind: string,
  definitions: readonly T[],
  problems: string[],
): Map<string, T> {
  const named = new Map<string, T>();
  for (const definition of definitions) {
    const first = named.get(definition.name);
    if (first) {
      problems.push(
        `${definition.file}: a ${kind} named '${definition.name}' is already defined in ${first.file}; names are identities, so give one of them another`,
      );
    } else {
      named.set(definition.name, definition);
    }
  }
  return named;
}
