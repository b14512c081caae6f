import { isName, type JobStatus, type JobSummary } from '@hookline/core';
import { createJobStore, openJobTransfer } from '@hookline/redis';
import { countOption, UsageError } from '../command.ts';
import { rows } from '../rows.ts';
import { withRedis } from '../with-redis.ts';
import type { CliConfig } from '../config.ts';
import { exportTo } from './export.ts';
import { importFrom } from './import.ts';
import type { Terminal, Write } from '../terminal.ts';

/** What stands for `-`: standard input, or output. */
export const STDIN = '/dev/stdin';

export interface JobsOptions {
  readonly status?: unknown;
  readonly name?: unknown;
  readonly count: unknown;
}

const ACTIONS = ['list', 'show', 'retry', 'cancel', 'export', 'import'] as const;
const STATUSES: readonly JobStatus[] = ['pending', 'processing', 'succeeded', 'failed'];
const MOST_LISTED = 10_000;

/** `jobs <action>`. @returns the exit code */
export async function jobsCommand(
  config: CliConfig,
  action: string,
  target: string | undefined,
  options: JobsOptions,
  terminal: Terminal,
): Promise<number> {
  switch (action as (typeof ACTIONS)[number]) {
    case 'list':
      return list(config, options, terminal.write);
    case 'show':
      return show(config, required(target, "name the job: 'jobs show <id>'"), terminal.write);
    case 'retry':
      return retry(config, required(target, "name the job: 'jobs retry <id>'"), terminal.write);
    case 'cancel':
      return cancel(config, required(target, "name the job: 'jobs cancel <id>'"), terminal.write);
    case 'export':
      return withRedis(config, (partition) => {
        const transfer = openJobTransfer({
          partition,
          retention: config.jobRetention,
        });
        return exportTo(target === STDIN ? undefined : target, transfer, terminal);
      });
    case 'import': {
      const file = required(target, "name the file: 'jobs import <file>', or '-' for standard input");
      return withRedis(config, (partition) => {
        const transfer = openJobTransfer({
          partition,
          retention: config.jobRetention,
        });
        return importFrom(file === STDIN ? terminal.stdin : file, transfer, terminal.write);
      });
    }
    default:
      throw new UsageError(`'jobs ${action}' is no command; use one of: ${ACTIONS.join(', ')}`);
  }
}

async function list(config: CliConfig, options: JobsOptions, write: Write): Promise<number> {
  const count = countOption(options.count, MOST_LISTED);
  const status = STATUSES.find((known) => known === options.status);
  if (options.status !== undefined && status === undefined)
    throw new UsageError(`--status is ${String(options.status)}: use one of ${STATUSES.join(', ')}`);
  const name = options.name === undefined ? undefined : String(options.name);
  if (name !== undefined && !isName(name))
    throw new UsageError("--name is no job's name: use 1 to 64 letters, digits, '_' and '-'");
  return withJobs(config, async (jobs) => {
    const page = await jobs.list({
      count,
      ...(status === undefined ? {} : { status }),
      ...(name === undefined ? {} : { name }),
    });
    if (page.kind !== 'page') throw new Error('the list changed while it was read; try again');
    write(page.jobs.length === 0 ? 'no jobs' : tableOf(page.jobs));
    if (page.next !== undefined) write(`and older ones: --count ${Math.min(count * 10, MOST_LISTED)}`);
    return 0;
  });
}

async function show(config: CliConfig, id: string, write: Write): Promise<number> {
  return withJobs(config, async (jobs) => {
    const job = await jobs.get(id);
    write(job === undefined ? unknown(id) : JSON.stringify(job, null, 2));
    return job === undefined ? 1 : 0;
  });
}

async function retry(config: CliConfig, id: string, write: Write): Promise<number> {
  return withJobs(config, async (jobs) => {
    const result = await jobs.retry(id);
    switch (result.kind) {
      case 'queued':
        write(`queued ${id} once more, from its beginning`);
        return 0;
      case 'not-failed':
        write(`${id} is ${result.status}: only a failed job can be retried`);
        return 1;
      case 'unknown':
        write(unknown(id));
        return 1;
    }
  });
}

async function cancel(config: CliConfig, id: string, write: Write): Promise<number> {
  return withJobs(config, async (jobs) => {
    const result = await jobs.cancel(id);
    switch (result.kind) {
      case 'cancelled':
        write(`cancelled ${id}; if it was running, its signal is aborted`);
        return 0;
      case 'over':
        write(`${id} is over already: it ${result.status}`);
        return 1;
      case 'unknown':
        write(unknown(id));
        return 1;
    }
  });
}

function withJobs(
  config: CliConfig,
  use: (jobs: ReturnType<typeof createJobStore>) => Promise<number>,
): Promise<number> {
  const { jobRetention: retention } = config;
  return withRedis(config, (partition) => use(createJobStore({ partition, retention })));
}

function tableOf(jobs: readonly JobSummary[]): string {
  return rows(
    jobs.map(({ created, id, name, status, attempt, maxAttempts, error }) => ({
      head: [
        new Date(created).toISOString(),
        status,
        attempt === undefined ? '' : `${attempt}/${maxAttempts ?? '?'}`,
        name,
      ],
      body: [id, ...(error === undefined ? [] : [error.message])],
    })),
  );
}

function unknown(id: string): string {
  return `no job has the id ${id}: it never had, or is forgotten ('jobs list' shows those there are)`;
}

function required(target: string | undefined, message: string): string {
  if (target === undefined || target === '') throw new UsageError(message);
  return target;
}
