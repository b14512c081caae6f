import { isName, type JobQuery, type JobStatus, type JobSummary } from '@hookline/core';
import { createJobStore, openJobTransfer } from '@hookline/redis';
import { actor } from '../actor.ts';
import { countOption, nothingMore, required, UsageError, type Call } from '../command.ts';
import { rows } from '../rows.ts';
import { withRedis } from '../with-redis.ts';
import type { CliConfig } from '../config.ts';
import { describeJob } from './describe.ts';
import { exportTo } from './export.ts';
import { importFrom } from './import.ts';
import type { Write } from '../terminal.ts';

/** What stands for `-`: standard input, or output. */
export const STDIN = '/dev/stdin';

const ACTIONS = ['list', 'show', 'retry', 'cancel', 'export', 'import'] as const;
const STATUSES: readonly JobStatus[] = ['pending', 'processing', 'succeeded', 'failed'];
const MOST_LISTED = 10_000;

/** `jobs <action>`. @returns the exit code @throws UsageError before the settings are read */
export async function jobsCommand({ args, options, config, terminal }: Call): Promise<number> {
  const [action = 'list', target] = args;
  const { write } = terminal;
  const json = options['json'] === true;
  switch (action as (typeof ACTIONS)[number]) {
    case 'list': {
      nothingMore(target, 'jobs list', 'jobs show');
      const query = queryOf(options);
      return list(config(), query, json, write);
    }
    case 'show': {
      const id = required(target, "name the job: 'jobs show <id>'; 'jobs list' shows the ids");
      return show(config(), id, json, write);
    }
    case 'retry': {
      const id = required(target, "name the job: 'jobs retry <id>'; 'jobs list' shows the ids");
      return retry(config(), id, write);
    }
    case 'cancel': {
      const id = required(target, "name the job: 'jobs cancel <id>'; 'jobs list' shows the ids");
      return cancel(config(), id, write);
    }
    case 'export':
      return withTransfer(config(), (transfer) =>
        exportTo(target === STDIN ? undefined : target, transfer, terminal),
      );
    case 'import': {
      const file = required(target, "name the file: 'jobs import <file>', or '-' for standard input");
      return withTransfer(config(), (transfer) =>
        importFrom(file === STDIN ? terminal.stdin : file, transfer, write),
      );
    }
    default:
      throw new UsageError(`'jobs ${action}' is no command; use one of: ${ACTIONS.join(', ')}`);
  }
}

function queryOf(options: Call['options']): JobQuery {
  const count = countOption(options['count'], MOST_LISTED);
  const status = STATUSES.find((known) => known === options['status']);
  if (options['status'] !== undefined && status === undefined)
    throw new UsageError(`--status is ${String(options['status'])}: use one of ${STATUSES.join(', ')}`);
  const name = options['name'] === undefined ? undefined : String(options['name']);
  if (name !== undefined && !isName(name))
    throw new UsageError("--name is no job's name: use 1 to 64 letters, digits, '_' and '-'");
  return {
    count,
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name }),
  };
}

async function list(config: CliConfig, query: JobQuery, json: boolean, write: Write): Promise<number> {
  return withJobs(config, async (jobs) => {
    const found: JobSummary[] = [];
    let after: string | undefined;
    // A page of large jobs ends early.
    do {
      const count = query.count - found.length;
      const page = await jobs.list({ ...query, count, ...(after === undefined ? {} : { after }) });
      if (page.kind !== 'page') throw new Error('the list changed while it was read; try again');
      found.push(...page.jobs);
      after = page.next;
    } while (after !== undefined && found.length < query.count);
    if (json) for (const job of found) write(JSON.stringify(job));
    else {
      write(found.length === 0 ? 'no jobs' : tableOf(found));
      if (after !== undefined) write(`and older ones: --count ${Math.min(query.count * 10, MOST_LISTED)}`);
    }
    return 0;
  });
}

async function show(config: CliConfig, id: string, json: boolean, write: Write): Promise<number> {
  return withJobs(config, async (jobs) => {
    const job = await jobs.get(id);
    if (json) write(JSON.stringify(job ?? null));
    else write(job === undefined ? unknown(id) : describeJob(job));
    return job === undefined ? 1 : 0;
  });
}

async function retry(config: CliConfig, id: string, write: Write): Promise<number> {
  return withJobs(config, async (jobs) => {
    const result = await jobs.retry(id, actor());
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
    const result = await jobs.cancel(id, actor());
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
  return withRedis(config, (partitions) => use(createJobStore({ partitions, retention })));
}

function withTransfer(
  config: CliConfig,
  use: (transfer: ReturnType<typeof openJobTransfer>) => Promise<number>,
): Promise<number> {
  const { jobRetention: retention } = config;
  return withRedis(config, (partitions) => use(openJobTransfer({ partitions, retention })));
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
